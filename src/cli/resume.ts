import { resolve } from 'node:path'
import { CUSTOM, isModulePath, parseMetricName } from '../metrics/index.ts'
import { requireSameOptions } from '../experiment/changes.ts'
import { openStore } from '../experiment/store.ts'
import type { ExperimentSpec } from '../experiment/types.ts'
import { parseProblemType } from './names.ts'
import {
  jsonOption,
  option,
  parseDuration,
  parseMemory,
  wholeNumber,
  type CommandDefinition,
  type CommandInput,
} from './command.ts'
import { watchJob } from './watch.ts'

export const resumeCommand: CommandDefinition = {
  usage: 'resume <experiment>',
  summary: 'Go on with an experiment that was stopped, killed, only planned, or whose candidates were edited',
  examples: ['glasspilot resume glasspilot-churn --budget 5m'],
  options: [
    option('--budget <time>', 'wall time for this run (default: as the experiment began)').argParser(
      parseDuration,
    ),
    option('--max-candidates <n>', 'most trials in all (default: as the experiment began)').argParser(
      wholeNumber(1),
    ),
    option('--candidates <folder>', 'take the plan from these files, as for run'),
    option('--workers <n>', 'trials at once').argParser(wholeNumber(1)),
    option('--trial-memory <size>', 'as for run').argParser(parseMemory),
    ...sameOptions(),
    option('--strict', 'as for run'),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run({ args, options }, output) {
    const store = openStore(args[0]!)
    try {
      requireSameOptions(args[0]!, givenOptions(options), store.spec)
    } catch (error) {
      store.close()
      throw error
    }
    const { tornBytes } = store.journal
    if (tornBytes > 0) {
      output.note(
        `note: the last record of the journal was cut off in writing (${tornBytes} bytes): what it told of is done again`,
      )
    }
    const { budget, maxCandidates, workers, candidates, trialMemory } = options as {
      candidates?: string
      trialMemory?: number
      budget?: number
      maxCandidates?: number
      workers?: number
    }
    const spec = {
      ...store.spec,
      definitionsOnly: false,
      ...(budget !== undefined && { budgetSeconds: budget }),
      ...(maxCandidates !== undefined && { maxCandidates }),
      ...(workers !== undefined && { workers }),
      ...(trialMemory !== undefined && { trialMemory }),
      ...(candidates !== undefined && { candidates: resolve(candidates) }),
    }
    return watchJob({ ...store, spec }, options, output)
  },
}

/** What decides the result: it may be said again, and is checked. */
function sameOptions() {
  const same = (flag: string) => option(flag, 'as the experiment began; another is refused')
  return [
    same('--target <column>'),
    same('--test <file>'),
    same('--problem-type <type>'),
    same('--objective <metric>'),
    same('--mode <mode>'),
    same('--seed <n>').argParser(wholeNumber(0)),
    same('--group <column>'),
    same('--time <column>'),
    same('--weight <column>'),
  ]
}

function givenOptions(options: CommandInput['options']): Partial<ExperimentSpec> {
  const { test, problemType, objective } = options as Record<string, string | undefined>
  const task = problemType === undefined ? undefined : parseProblemType(problemType)
  const metricModule = objective !== undefined && isModulePath(objective) ? resolve(objective) : undefined
  const given: Partial<Record<keyof ExperimentSpec, unknown>> = {
    target: options['target'],
    test: test === undefined ? undefined : resolve(test),
    task,
    objective:
      metricModule !== undefined
        ? CUSTOM
        : objective === undefined
          ? undefined
          : parseMetricName(objective, task),
    metricModule,
    mode: options['mode'],
    seed: options['seed'],
    group: options['group'],
    time: options['time'],
    weight: options['weight'],
  }
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<ExperimentSpec>
}

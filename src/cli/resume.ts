import { resolve } from 'node:path'
import { openStore } from '../experiment/store.ts'
import {
  jsonOption,
  option,
  parseDuration,
  parseMemory,
  wholeNumber,
  type CommandDefinition,
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
    option('--strict', 'as for run'),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run({ args, options }, output) {
    const store = openStore(args[0]!)
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

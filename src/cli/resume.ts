import { openStore } from '../experiment/store.ts'
import { jsonOption, option, parseDuration, wholeNumber, type CommandDefinition } from './command.ts'
import { watchJob } from './watch.ts'

export const resumeCommand: CommandDefinition = {
  usage: 'resume <experiment>',
  summary:
    'Go on with an experiment that was stopped, killed, only planned, or whose candidates.json was edited',
  examples: ['glasspilot resume glasspilot-churn --budget 5m'],
  options: [
    option('--budget <time>', 'wall time for this run (default: as the experiment began)').argParser(
      parseDuration,
    ),
    option('--max-candidates <n>', 'most trials in all (default: as the experiment began)').argParser(
      wholeNumber(1),
    ),
    option('--workers <n>', 'trials at once').argParser(wholeNumber(1)),
    option('--strict', 'as for run'),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run({ args, options }, output) {
    const store = openStore(args[0]!)
    const { budget, maxCandidates, workers } = options as {
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
    }
    return watchJob({ ...store, spec }, options, output)
  },
}

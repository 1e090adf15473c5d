import type { CommandDefinition } from './command.ts'

/** Every command by its name, in the order a newcomer needs them. A command is read when it is called: answering `predict` needs no trainer. */
const LOADERS: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  profile: async () => (await import('./profile.ts')).profileCommand,
  plan: async () => (await import('./plan.ts')).planCommand,
  leaderboard: async () => (await import('./leaderboard.ts')).leaderboardCommand,
  describe: async () => (await import('./describe.ts')).describeCommand,
  predict: async () => (await import('./predict.ts')).predictCommand,
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  notebook: async () => (await import('./notebook.ts')).notebookCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  monitor: async () => (await import('./monitor.ts')).monitorCommand,
  api: async () => (await import('./api.ts')).apiCommand,
  cloud: async () => (await import('./cloud.ts')).cloudCommand,
  resume: async () => (await import('./resume.ts')).resumeCommand,
  repair: async () => (await import('./repair.ts')).repairCommand,
  read: async () => (await import('./read.ts')).readCommand,
  datasets: async () => (await import('./datasets.ts')).datasetsCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
}

/** The command of that name alone, or all of them where no command has it. */
export const loadCommands = (name?: string): Promise<CommandDefinition[]> =>
  Promise.all(
    (name !== undefined && Object.hasOwn(LOADERS, name) ? [LOADERS[name]!] : Object.values(LOADERS)).map(
      load => load(),
    ),
  )

import { apiCommand } from './api.ts'
import { cloudCommand } from './cloud.ts'
import type { CommandDefinition } from './command.ts'
import { datasetsCommand } from './datasets.ts'
import { describeCommand } from './describe.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { explainCommand } from './explain.ts'
import { exportCommand } from './export.ts'
import { leaderboardCommand } from './leaderboard.ts'
import { monitorCommand } from './monitor.ts'
import { planCommand } from './plan.ts'
import { predictCommand } from './predict.ts'
import { profileCommand } from './profile.ts'
import { readCommand } from './read.ts'
import { repairCommand } from './repair.ts'
import { reportCommand } from './report.ts'
import { resumeCommand } from './resume.ts'
import { runCommand } from './run.ts'
import { serveCommand } from './serve.ts'

/** Every command, in the order a newcomer needs them. */
export const commands: readonly CommandDefinition[] = [
  runCommand,
  profileCommand,
  planCommand,
  leaderboardCommand,
  describeCommand,
  predictCommand,
  evaluateCommand,
  reportCommand,
  explainCommand,
  exportCommand,
  serveCommand,
  monitorCommand,
  apiCommand,
  cloudCommand,
  resumeCommand,
  repairCommand,
  readCommand,
  datasetsCommand,
  doctorCommand,
]

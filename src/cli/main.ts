#!/usr/bin/env node
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { VERSION } from '../job/version.ts'
import { EXIT, GlasspilotError, messageOf } from '../util/errors.ts'
import { printable } from '../util/text.ts'
import { toCommander } from './command.ts'
import { loadCommands } from './commands.ts'
import { openOutput } from './output.ts'

const WELCOME = `
Start here:
  $ glasspilot run mnist --budget 3m                  learn to read digits, offline, in three minutes
  $ glasspilot run your.csv --target column           the same for your own table
  $ glasspilot <command> --help                       what a command takes, with examples
`

async function main(argv: readonly string[]): Promise<number> {
  const output = openOutput()
  let exitCode: number = EXIT.ok
  const program = new Command('glasspilot')
    .description(
      'Local white-box AutoML: a CSV and a target column in; a leaderboard, two notebooks and one ONNX model out.',
    )
    .version(VERSION)
    .addHelpText('after', WELCOME)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  for (const command of argv[0] === '--version' ? [] : await loadCommands(argv[0])) {
    const built = toCommander(command, output, code => (exitCode = code))
    program.addCommand(built.copyInheritedSettings(program))
  }
  if (argv.length === 0) {
    output.print(program.helpInformation() + WELCOME)
    return EXIT.ok
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    const named = program.commands.some(command => command.name() === argv[0]) ? `${argv[0]} ` : ''
    return report(error, output.note, `glasspilot ${named}--help`)
  }
}

/** One sentence on stderr and the right exit status; a stack only in the report of a bug. */
function report(error: unknown, note: (text: string) => void, help: string): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok
    note(`glasspilot: ${error.message.replace(/^error: /, '').replace(/\n/g, ' ')} — see "${help}"`)
    return EXIT.usage
  }
  if (error instanceof GlasspilotError) {
    note(printable(`glasspilot: ${error.code}: ${error.message}`))
    return EXIT[error.exit]
  }
  const system = (error as NodeJS.ErrnoException | undefined)?.code
  if (system === 'ENOSPC' || system === 'EIO' || system === 'EMFILE') {
    note(
      printable(
        `glasspilot: E_IO: ${messageOf(error)}: expected room and a healthy disk; free some space, then go on with "glasspilot resume"`,
      ),
    )
    return EXIT.io
  }
  if (system === 'EACCES' || system === 'EPERM') {
    note(
      printable(
        `glasspilot: E_PERMISSION: ${messageOf(error)}: expected leave to read and write there; check the owner and mode of the path`,
      ),
    )
    return EXIT.permission
  }
  note(
    printable(
      `glasspilot: E_BUG: ${messageOf(error)} — this is a bug in Glasspilot; please report it (run again with GLASSPILOT_DEBUG=1 for the stack)`,
    ),
  )
  if (process.env['GLASSPILOT_DEBUG'] && error instanceof Error) note(error.stack ?? '')
  return EXIT.bug
}

process.exitCode = await main(process.argv.slice(2))
// Node resets the terminal when it exits, and aborts where that has gone: the signal itself ends it with the same status.
const { stdin, stdout, stderr } = process
if (process.exitCode === EXIT.hangup && (stdin.isTTY || stdout.isTTY || stderr.isTTY))
  process.kill(process.pid, 'SIGHUP')

import { Command, InvalidArgumentError, Option } from 'commander'
import type { Output } from './output.ts'

/** A command as a value: what it is called, what it takes, what it does. */
export interface CommandDefinition {
  /** Name and arguments, as commander writes them: `leaderboard <experiment>`. */
  readonly usage: string
  readonly summary: string
  /** Shown under the options of its --help. */
  readonly examples?: readonly string[]
  readonly options: readonly Option[]
  run(input: CommandInput, output: Output): Promise<number | void>
}

export interface CommandInput {
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, string | number | boolean | readonly number[] | undefined>>
  /** Names of the options that were typed; the others have their defaults. */
  readonly given: readonly string[]
}

export const EXCEL_SAFE = 'put an apostrophe before cells that a spreadsheet would take for formulas'

export const option = (flags: string, description: string): Option => new Option(flags, description)

export const jsonOption = (): Option => option('--json', 'print one JSON object on stdout')

/** What a person decides about the table itself; the same for every command that reads one to learn from. */
export const choiceOptions = (): readonly Option[] => [
  option('--drop-leaks', 'leave out columns that give the target away (W_LEAKAGE)'),
  option('--image <shape>', 'the columns are pixels of pictures: 28x28, 32x32x3 or 3x32x32 (default: found)'),
  option('--normalise-labels', 'join labels that differ only in case and spaces, here and ever after'),
]

/** Parses a whole number of at least `least`. */
export const wholeNumber = (least: number) => (text: string) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least)
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`)
  return value
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, min: 60, h: 3600, d: 86_400 }

/** Parses `90`, `90s`, `10m`, `1.5h` to seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|min|h|d)?$/.exec(text.trim())
  const seconds = match ? Number(match[1]) * UNITS[match[2] ?? '']! : 0
  if (!match || seconds <= 0) throw new InvalidArgumentError('Expected a time such as 90s, 10m or 1.5h.')
  return seconds
}

/** Names of the options that were typed, whatever has a default. */
const givenOptions = (command: Command): string[] =>
  Object.keys(command.opts()).filter(name => command.getOptionValueSource(name) === 'cli')

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** An amount of memory: `800m`, `1.5g`, or bytes. */
export function parseMemory(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text.trim())
  const bytes = match ? Math.round(Number(match[1]) * BYTES[match[2]!.toLowerCase()]!) : 0
  if (!match || bytes < SMALLEST_MEMORY)
    throw new InvalidArgumentError('Expected an amount of memory such as 800m or 2g, at least 200m.')
  return bytes
}
const SMALLEST_MEMORY = 200e6 // less does not even start a worker

export function toCommander(
  { usage, summary, examples, options, run }: CommandDefinition,
  output: Output,
  exit: (code: number) => void,
): Command {
  const [name, ...args] = usage.split(' ')
  const command = new Command(name).summary(summary).description(`${summary}.`)
  for (const argument of args) command.argument(argument)
  for (const item of options) command.addOption(item)
  if (examples) command.addHelpText('after', `\nExamples:\n${examples.map(line => `  $ ${line}`).join('\n')}`)
  command.action(async (...received: unknown[]) => {
    const given = command.args.length > 0 || args.length > 0 ? received.slice(0, args.length) : []
    exit(
      (await run(
        {
          args: given.flat().filter(item => item !== undefined) as string[],
          options: command.opts(),
          given: givenOptions(command),
        },
        output,
      )) ?? 0,
    )
  })
  return command
}

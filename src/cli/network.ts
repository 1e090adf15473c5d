import process from 'node:process'
import { InvalidArgumentError, type Option } from 'commander'
import type { GuardOptions } from '../serve/guard.ts'
import { option, wholeNumber, type CommandInput } from './command.ts'

/** What every command that listens can be told. */
export const networkOptions = (port: string): readonly Option[] => [
  option('--port <n>', `port to listen on, 0 for any free one (default: ${port})`).argParser(parsePort),
  option(
    '--host <address>',
    'address to listen on; others than this machine need --token and --allowed-host',
  ).default('127.0.0.1'),
  option('--token <text>', 'what clients must send as "Authorization: Bearer …" (or GLASSPILOT_TOKEN)'),
  option('--allowed-host <names>', 'names, separated by commas, that clients may call this server by'),
  option('--allowed-origin <origins>', 'web pages, separated by commas, whose scripts may call'),
]

function parsePort(text: string): number {
  const port = wholeNumber(0)(text)
  if (port > 65_535) throw new InvalidArgumentError('Expected a port, 0 … 65535.')
  return port
}

export function guardFrom(options: CommandInput['options']): GuardOptions {
  const list = (name: string) =>
    String(options[name] ?? '')
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== '')
  const token = (options['token'] as string | undefined) ?? process.env['GLASSPILOT_TOKEN']
  return {
    allowedHosts: list('allowedHost'),
    allowedOrigins: list('allowedOrigin'),
    ...(token !== undefined && { token }),
  }
}

/** Resolves when the process is asked to stop; asked again, it ends at once. */
export const untilStopped = (): Promise<void> =>
  new Promise(done => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
      ['SIGHUP', 129],
    ] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(code))
        done()
      })
    }
  })

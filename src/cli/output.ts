import process from 'node:process'
import { styleText } from 'node:util'
import { EXIT } from '../util/errors.ts'
import { withoutSecrets } from '../util/redact.ts'

/** What a write to a pipe or a terminal says whose other end is closed. */
const GONE = ['EPIPE', 'EIO', 'ENXIO', 'EBADF']

/** Where a command writes: results on stdout, everything else on stderr. */
export interface Output {
  /** A line of the result. */
  readonly print: (text: string) => void
  /** A line for the person watching, or of a log: without secrets. */
  readonly note: (text: string) => void
  readonly isTerminal: boolean
  readonly columns: number
  /** Colours only on a terminal that wants them. */
  readonly style: (format: Parameters<typeof styleText>[0], text: string) => string
}

export function openOutput(): Output {
  const { stdout, stderr, env } = process
  // A reader that went away (`| head`, a closed terminal) ends the output, not the experiment.
  for (const stream of [stdout, stderr])
    stream.on('error', error =>
      GONE.includes((error as NodeJS.ErrnoException).code ?? '') ? undefined : process.exit(EXIT.io),
    )
  const isTerminal = stderr.isTTY === true
  const coloured =
    env['FORCE_COLOR'] !== undefined ||
    (isTerminal && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb')
  return {
    print: text => void stdout.write(`${text}\n`),
    note: text => void stderr.write(`${withoutSecrets(text)}\n`),
    isTerminal,
    // A terminal that does not know its width says 0.
    columns: stderr.columns || 80,
    style: (format, text) => (coloured ? styleText(format, text) : text),
  }
}

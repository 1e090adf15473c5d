import { existsSync, realpathSync } from 'node:fs'
import process from 'node:process'
import Papa from 'papaparse'
import { resolveTable } from '../data/catalogue.ts'
import { filesOf } from '../data/source.ts'
import { readTable } from '../data/table.ts'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { spreadsheetSafe } from '../util/spreadsheet.ts'
import { count, quoted } from '../util/text.ts'
import { EXCEL_SAFE, jsonOption, option, type CommandDefinition } from './command.ts'

const PIECE_ROWS = 10_000
const toCsv = (rows: readonly (readonly string[])[], isSafe: boolean): string => {
  const cells = isSafe ? rows.map(row => row.map(spreadsheetSafe)) : rows
  return `${Papa.unparse(cells as string[][], { newline: '\r\n' })}\r\n`
}

export const readCommand: CommandDefinition = {
  usage: 'read <file...>',
  summary: 'Write the table as Glasspilot reads it (RFC 4180, header first) and say what was repaired',
  options: [
    option('--output <file>', 'CSV to write (default: stdout)'),
    option('--encoding <name>', 'encoding of the file, e.g. windows-1252 (default: found)'),
    option('--excel-safe', EXCEL_SAFE),
    jsonOption(),
  ],
  async run({ args, options }, { print, note }) {
    const { train } = await resolveTable(args)
    const output = options['output'] as string | undefined
    const encoding = options['encoding'] as string | undefined
    const isInput = (path: string) =>
      filesOf(train).some(file => existsSync(file) && realpathSync(file) === path)
    if (output !== undefined && existsSync(output) && isInput(realpathSync(output))) {
      throw new InputError(
        'E_SAME_FILE',
        `--output ${quoted(output)} is the file to read: another file was expected; name one that may be written`,
        { exit: 'usage' },
      )
    }
    const { header, rows, report } = await readTable(train, encoding === undefined ? {} : { encoding })
    const isSafe = options['excelSafe'] === true
    const pieces = [toCsv([header], isSafe)]
    for (let start = 0; start < rows.length; start += PIECE_ROWS) {
      pieces.push(toCsv(rows.slice(start, start + PIECE_ROWS), isSafe))
    }
    if (output !== undefined) writeFileAtomic(output, pieces.join(''))
    if (options['json']) return print(JSON.stringify(report))
    if (output === undefined) for (const piece of pieces) process.stdout.write(piece)
    note(`${count(report.rows)} rows; ${report.encoding}, delimiter ${JSON.stringify(report.delimiter)}`)
    for (const { code, message } of report.warnings) note(`${code}: ${message}`)
    if (report.quarantinedCount > 0)
      note(`${count(report.quarantinedCount)} rows were set aside (--json lists them)`)
  },
}

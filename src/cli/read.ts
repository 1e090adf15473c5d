import { resolveDataset } from '../data/catalogue.ts'
import { readDataset } from '../data/read.ts'
import { datasetCsv } from '../data/write.ts'
import { writeFileAtomic } from '../util/files.ts'
import { count } from '../util/text.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'

export const readCommand: CommandDefinition = {
  usage: 'read <file>',
  summary: 'Write the table as Glasspilot reads it (RFC 4180, header first) and say what was repaired',
  options: [option('--output <file>', 'CSV to write (default: stdout)'), jsonOption()],
  async run({ args, options }, { print, note }) {
    const { train } = await resolveDataset(args[0]!)
    const { dataset, report } = await readDataset(train)
    const output = options['output'] as string | undefined
    if (output !== undefined) writeFileAtomic(output, datasetCsv(dataset))
    if (options['json']) return print(JSON.stringify(report))
    if (output === undefined) print(datasetCsv(dataset).trimEnd())
    note(
      `${count(dataset.rows)} rows × ${count(dataset.columns.length)} columns; ${report.encoding}, delimiter ${JSON.stringify(report.delimiter)}`,
    )
    for (const warning of report.warnings) note(`${warning.code}: ${warning.message}`)
  },
}

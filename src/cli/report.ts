import { join } from 'node:path'
import { reportOf } from '../job/report.ts'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { option, type CommandDefinition } from './command.ts'

export const reportCommand: CommandDefinition = {
  usage: 'report <experiment>',
  summary: 'Write how good the model is, what it leans on and how it was found, as one HTML page',
  examples: [
    'glasspilot report glasspilot-churn',
    'glasspilot report glasspilot-churn --sensitive gender',
    'glasspilot report glasspilot-churn --output churn.html --fast',
  ],
  options: [
    option(
      '--output <file>',
      'HTML file to write, its figures beside it as .json (default: report.html in the experiment folder)',
    ),
    option('--sensitive <column>', 'compare the groups of this column: rates, and how far they differ'),
    option('--fast', 'leave out explanations, which take many predictions'),
    option('--quiet', 'no progress'),
  ],
  async run({ args, options }, { print, note }) {
    const folder = args[0]!
    const file = typeof options['output'] === 'string' ? options['output'] : join(folder, 'report.html')
    if (!/\.html?$/i.test(file)) {
      throw new InputError(
        'E_OUTPUT_NAME',
        `--output ${file} does not say what to write: expected a name that ends in .html`,
        { exit: 'usage' },
      )
    }
    const { html, json } = await reportOf(folder, {
      fast: options['fast'] === true,
      ...(options['sensitive'] !== undefined && { sensitive: String(options['sensitive']) }),
      tell: what => {
        if (options['quiet'] !== true) note(what)
      },
    })
    writeFileAtomic(file, html)
    writeFileAtomic(file.replace(/\.html?$/i, '.json'), json)
    print(file)
  },
}

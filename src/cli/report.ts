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
    'glasspilot report glasspilot-churn --output churn.html --fast',
  ],
  options: [
    option('--output <file>', 'HTML file to write (default: report.html in the experiment folder)'),
    option('--fast', 'leave out the importance of columns, which takes many predictions'),
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
    const html = await reportOf(folder, {
      fast: options['fast'] === true,
      onColumn: (done, of) => {
        if (options['quiet'] !== true && (done === of || done % 10 === 0))
          note(`importance: ${done} of ${of} columns`)
      },
    })
    writeFileAtomic(file, html)
    print(file)
  },
}

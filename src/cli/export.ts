import { Option } from 'commander'
import { exportFormats, exportModel } from '../artifact/export/index.ts'
import { findModelFolder } from '../job/predictor.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'
import { shortPath } from './paths.ts'

const names = exportFormats.map(({ name }) => name)

export const exportCommand: CommandDefinition = {
  usage: 'export <experiment>',
  summary: 'Write the model as a folder that predicts without Glasspilot',
  examples: [
    'glasspilot export glasspilot-churn --format python --output churn-python',
    'python churn-python/predict.py new.csv',
  ],
  options: [
    new Option(
      '--format <format>',
      exportFormats.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
    )
      .choices(names)
      .makeOptionMandatory(),
    option('--output <folder>', 'a new folder').makeOptionMandatory(),
    jsonOption(),
  ],
  async run({ args, options }, { print }) {
    const out = options['output'] as string
    const format = exportFormats.find(({ name }) => name === options['format'])!
    const files = await exportModel(findModelFolder(args[0]!), format, out)
    if (options['json']) return print(JSON.stringify({ format: format.name, folder: out, files }))
    print(`${format.name} package in ${shortPath(out)}/: ${files.join(', ')}`)
    print(`Next: ${format.next(shortPath(out))}`)
  },
}

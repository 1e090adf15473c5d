import { renewNotebooks } from '../job/notebooks.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'

export const notebookCommand: CommandDefinition = {
  usage: 'notebook <experiment>',
  summary: 'Write the notebooks of an experiment anew, as it stands now, in Python and TypeScript',
  examples: [
    'glasspilot notebook glasspilot-churn',
    'glasspilot notebook glasspilot-churn --output notes        # and leave those of the experiment as you edited them',
  ],
  options: [
    option(
      '--output <folder>',
      'where to (default: notebooks in the experiment folder, over those that are there)',
    ),
    jsonOption(),
  ],
  async run({ args, options }, { print }) {
    const files = await renewNotebooks(args[0]!, options['output'] as string | undefined)
    print(options['json'] === true ? JSON.stringify({ files }) : files.join('\n'))
  },
}

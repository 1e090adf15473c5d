import { cloudClean, cloudStatus, type CloudItem } from '../backends/sagemaker/clean.ts'
import { readExperiment } from '../experiment/store.ts'
import { InputError } from '../util/errors.ts'
import { jsonOption, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

const ACTIONS: Readonly<Record<string, (folder: string) => Promise<CloudItem[]>>> = {
  status: cloudStatus,
  clean: cloudClean,
}

export const cloudCommand: CommandDefinition = {
  usage: 'cloud <action> <experiment>',
  summary:
    'status: what an experiment has made in the cloud; clean: stop it and delete its files there, and nothing else',
  examples: ['glasspilot cloud status glasspilot-churn', 'glasspilot cloud clean glasspilot-churn'],
  options: [jsonOption()],
  async run({ args, options }, { print, columns }) {
    const [action = '', folder = ''] = args
    if (!Object.hasOwn(ACTIONS, action)) {
      throw new InputError(
        'E_UNKNOWN_ACTION',
        `cloud ${action} is not known: expected status or clean; see "glasspilot cloud --help"`,
        {
          exit: 'usage',
        },
      )
    }
    const items = await ACTIONS[action]!(readExperiment(folder).paths.folder)
    if (options['json']) return print(JSON.stringify(items))
    if (items.length === 0) return print('nothing is left in the cloud that this experiment made')
    print(
      table(
        ['what', 'name', 'state'],
        items.map(({ kind, name, state }) => [kind, name, state]),
        columns,
        'lll',
      ),
    )
  },
}

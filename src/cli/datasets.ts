import { listDatasets } from '../data/catalogue.ts'
import { jsonOption, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

export const datasetsCommand: CommandDefinition = {
  usage: 'datasets',
  summary: 'List the datasets that can be named instead of a file',
  options: [jsonOption()],
  async run({ options }, { print, columns }) {
    const datasets = listDatasets()
    if (options['json']) return print(JSON.stringify(datasets))
    print(
      table(
        ['name', 'target', 'task', 'at hand'],
        datasets.map(({ name, target, task, available }) => [
          name,
          target ?? '',
          task ?? '',
          available ? 'yes' : 'no',
        ]),
        columns,
        'llll',
      ),
    )
  },
}

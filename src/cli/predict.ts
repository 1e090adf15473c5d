import { resolve } from 'node:path'
import { filesOf } from '../data/source.ts'
import { openPredictor } from '../job/predictor.ts'
import { predictFile } from '../job/predict.ts'
import { InputError } from '../util/errors.ts'
import { count } from '../util/text.ts'
import { option, type CommandDefinition } from './command.ts'

export const predictCommand: CommandDefinition = {
  usage: 'predict <experiment> <file...>',
  summary: 'Predict the rows of a file, or of several as one, with the exported model, in input order',
  examples: ['glasspilot predict glasspilot-churn new.csv --output predictions.csv'],
  options: [
    option('--output <file>', 'CSV to write (default: stdout)'),
    option('--candidate <id>', 'a trial number or candidate name (default: the exported model)'),
  ],
  async run({ args, options }, { print, note }) {
    const [experiment, ...given] = args
    const files = filesOf(given)
    const target = options['output'] as string | undefined
    if (target !== undefined && files.some(file => resolve(file) === resolve(target))) {
      throw new InputError(
        'E_SAME_FILE',
        `--output ${target} is the input file: expected another path; nothing was written`,
        { exit: 'usage' },
      )
    }
    const predictor = await openPredictor(experiment!, options['candidate'] as string | undefined)
    try {
      const { rows, csv } = await predictFile(predictor, files, target)
      if (csv !== undefined) print(csv.trimEnd())
      else note(`${count(rows)} predictions in ${target}`)
    } finally {
      await predictor.close()
    }
  },
}

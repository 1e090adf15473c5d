import { confusionTable } from '../charts/terminal.ts'
import { evaluatePredictor } from '../job/evaluate.ts'
import { openPredictor } from '../job/predictor.ts'
import { count, figure } from '../util/text.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

export const evaluateCommand: CommandDefinition = {
  usage: 'evaluate <experiment> <file...>',
  summary: 'Score the model on a labelled file',
  examples: [
    'glasspilot evaluate glasspilot-churn churn_test.csv',
    'glasspilot evaluate glasspilot-churn churn_test.csv --candidate 12',
  ],
  options: [
    option('--candidate <id>', 'a trial number or candidate name (default: the exported model)'),
    jsonOption(),
  ],
  async run({ args, options }, { print, columns }) {
    const predictor = await openPredictor(args[0]!, options['candidate'] as string | undefined)
    try {
      const evaluation = await evaluatePredictor(predictor, args.slice(1))
      if (options['json']) return print(JSON.stringify(evaluation))
      print(`${count(evaluation.rows)} rows`)
      print(
        table(
          ['metric', 'value'],
          Object.entries(evaluation.metrics).map(([name, value]) => [name, figure(value, 6)]),
          columns,
          'lr',
        ),
      )
      if (evaluation.confusion && evaluation.confusion.labels.length <= 15)
        print(`\n${confusionTable(evaluation.confusion, { width: columns })}`)
    } finally {
      await predictor.close()
    }
  },
}

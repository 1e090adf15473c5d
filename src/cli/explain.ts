import { InvalidArgumentError, Option } from 'commander'
import { terminalContributions } from '../charts/terminal-contributions.ts'
import { terminalBars } from '../charts/terminal.ts'
import { explainExperiment, type Explanations, type RowExplanation } from '../job/explain.ts'
import { count, figure, inline } from '../util/text.ts'
import { jsonOption, option, type CommandDefinition } from './command.ts'

const SHOWN = 15
const TOP = 10

export const explainCommand: CommandDefinition = {
  usage: 'explain <experiment> [file...]',
  summary: 'Say what the answers of the model are made of (SHAP values): for single rows, or over many',
  examples: [
    'glasspilot explain glasspilot-churn',
    'glasspilot explain glasspilot-churn new.csv --row 17',
    'glasspilot explain glasspilot-churn --row 3,8 --candidate dpp0-gbt-depthwise',
  ],
  options: [
    option(
      '--row <numbers>',
      'rows to explain, the first under the header being 1; without a file, held-out rows of the training table',
    ).argParser(rowNumbers),
    option('--class <label>', 'the class to explain (default: the positive of two, or the one predicted)'),
    option('--candidate <id>', 'a trial number or candidate name (default: the whole model)'),
    new Option(
      '--method <method>',
      'tree: exact, for trees; kernel: by columns, for every model (default: tree where its sum is the prediction)',
    ).choices(['tree', 'kernel']),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run({ args, options }, { print, note, columns }) {
    const [folder, ...files] = args
    const rows = options['row'] as readonly number[] | undefined
    const found = await explainExperiment(folder!, files.length > 0 ? files : undefined, {
      ...(rows && { rows }),
      ...(options['class'] !== undefined && { label: String(options['class']) }),
      ...(options['candidate'] !== undefined && { candidate: String(options['candidate']) }),
      ...(options['method'] !== undefined && { method: options['method'] as 'tree' | 'kernel' }),
      onRow: (done, of) => {
        if (options['quiet'] !== true && of > 1 && (done === of || done % 20 === 0))
          note(`explained ${done} of ${of} rows`)
      },
    })
    if (options['json']) print(JSON.stringify(found))
    else if (rows) print(found.rows.map(row => formatRow(row, found, columns)).join('\n\n'))
    else print(formatImportance(found, columns))
  },
}

function rowNumbers(text: string): readonly number[] {
  const numbers = text.split(',').map(part => Number(part.trim()))
  if (numbers.some(number => !Number.isInteger(number) || number < 1))
    throw new InvalidArgumentError('Expected whole numbers from 1 on, such as 17 or 3,8.')
  return numbers
}

function formatRow(
  { row, of, predicted, prediction, base, score, contributions }: RowExplanation,
  { method, unit, about }: Explanations,
  columns: number,
): string {
  const shown = contributions.slice(0, SHOWN)
  const rest = contributions.slice(SHOWN)
  const lines =
    rest.length > 0
      ? [...shown, { name: `${rest.length} more`, value: rest.reduce((sum, { value }) => sum + value, 0) }]
      : shown
  const head =
    predicted === undefined
      ? `row ${row}: ${inline(of)} = ${figure(prediction, 5)}`
      : `row ${row}: ${inline(predicted)}; probability of ${inline(of)} ${figure(prediction, 4)}`
  const sum = figure(score - base, 4)
  return [
    head,
    `${method}, ${about}; unit: ${unit}`,
    '',
    terminalContributions(lines, { width: Math.min(columns, 100) }),
    '',
    `base ${figure(base, 4)} ${score < base ? '−' : '+'} ${sum.replace('-', '')} = ${figure(score, 4)}`,
  ].join('\n')
}

function formatImportance({ method, unit, about, importance }: Explanations, columns: number): string {
  return [
    `Mean size of SHAP values (${unit}); ${method}, ${about}`,
    '',
    terminalBars(importance.slice(0, TOP), { width: Math.min(columns, 100) }),
    ...(importance.length > TOP ? [`${count(importance.length - TOP)} more; --json has all`] : []),
  ].join('\n')
}

import { findColumn, takeColumn, type Column } from '../data/dataset.ts'
import { readDataset } from '../data/read.ts'
import { nameOf } from '../data/source.ts'
import { scoredRows } from '../experiment/data.ts'
import { fairnessBy } from '../explain/fairness.ts'
import { cellText } from '../explain/mix-rows.ts'
import { takeScored } from '../explain/resample.ts'
import { rowLosses, weakestSlices, worstRows } from '../explain/slices.ts'
import { evaluate, metrics, type MetricName } from '../metrics/index.ts'
import { bestClass } from '../pipeline/answer.ts'
import type { ReportInput } from '../report/index.ts'
import { InputError } from '../util/errors.ts'
import { figure, nearest, quoted } from '../util/text.ts'
import type { Finished } from './finished.ts'

const SLICES = 12
const SLICE_ROWS = 20_000
const SLICE_COLUMNS = 200
const WORST = 10
const CELLS = 6

type Told = Pick<ReportInput, 'slices' | 'worst' | 'fairness'>

/** Where the model is weak, and how it treats the groups of a column. */
export async function scrutinyOf(
  finished: Finished,
  importance: ReportInput['importance'],
  sensitive?: string,
): Promise<Told> {
  const slices = slicesOf(finished)
  return {
    ...(slices && { slices }),
    worst: worstOf(finished, importance),
    ...(sensitive !== undefined && { fairness: await fairnessOf(finished, sensitive) }),
  }
}

/** Evenly spaced rows stand for all of a long table; columns that tell most for all of a wide one. Pixels alone say nothing. */
function slicesOf({
  data,
  objective,
  scored: all,
  ensemble,
  profile,
}: Finished): NonNullable<Told['slices']> | undefined {
  if (profile.image) return undefined
  const step = Math.max(1, all.target.length / SLICE_ROWS)
  const places = Array.from({ length: Math.floor(all.target.length / step) }, (_, i) => Math.floor(i * step))
  const scored = takeScored(all, places)
  const order = scoredRows(data.folds)
  const rowsOf = Int32Array.from(places, place => order[place]!)
  const power = new Map(profile.columns.map(column => [column.name, column.prediction?.power ?? 0]))
  const columns = [...data.dataset.columns]
    .sort((a, b) => (power.get(b.name) ?? 0) - (power.get(a.name) ?? 0))
    .slice(0, SLICE_COLUMNS)
  // Some metrics say nothing of a part: R2 of a narrow range, F1 of a part without positives.
  const metric: MetricName = scored.task === 'regression' ? 'RMSE' : metrics[objective.name].tasks.includes('multiclass') ? objective.name : 'Accuracy' // prettier-ignore
  const found = weakestSlices({ ...data.dataset, columns }, rowsOf, scored, SLICES)
  return {
    metric,
    whole: ensemble.metrics[metric] ?? evaluate(all)[metric] ?? NaN,
    rows: found.map(({ column, where, rows, loss, whole }) => {
      const score = evaluate(takeScored(scored, rows))[metric]
      return {
        column,
        where,
        rows: Math.round(rows.length * step),
        ...(score !== undefined && { score }),
        ratio: whole > 0 ? loss / whole : 1,
      }
    }),
  }
}

function worstOf(
  { data, scored }: Finished,
  importance: ReportInput['importance'],
): NonNullable<Told['worst']> {
  const rows = scoredRows(data.folds)
  const { classes } = data.target
  const { width, outputs, target, labelWeights } = scored
  const isImage = !importance
  const told = importance?.features.slice(0, CELLS).map(({ name }) => name) ?? []
  const columns = (isImage ? [] : told).map(name => findColumn(data.dataset, name)!)
  const losses = rowLosses(scored)
  return {
    columns: [
      '#row',
      ...(classes.length > 0 ? ['actual', 'predicted', '#probability of the actual'] : ['#actual', '#predicted', '#error']),
      ...columns.map(({ name, kind }) => (kind === 'numeric' ? `#${name}` : name.replace(/^#/, '＃'))),
    ], // prettier-ignore
    rows: worstRows(scored, WORST)
      .filter(place => losses[place]! > 0)
      .map(place => {
        const answer = outputs.subarray(place * width, (place + 1) * width)
        const truth = target[place]!
        const said =
          classes.length > 0
            ? [
                classes[truth]!,
                classes[
                  bestClass(answer, 0, { classes, ...(labelWeights && { answer: { labelWeights } }) })
                ]!,
                figure(answer[truth]!, 3),
              ]
            : [figure(truth, 6), figure(answer[0]!, 6), figure(answer[0]! - truth, 4)]
        const cells = columns.map(column => cellText(column, rows[place]!) ?? '–')
        return [String(rows[place]! + 1), ...said, ...cells]
      }),
  }
}

async function fairnessOf(
  { data, scored, spec, profile }: Finished,
  name: string,
): Promise<NonNullable<Told['fairness']>> {
  const names = profile.columns.map(column => column.name)
  if (!names.includes(name)) {
    const near = nearest(name, names)
    throw new InputError(
      'E_NO_SUCH_COLUMN',
      `--sensitive ${quoted(name)} is no column of ${nameOf(spec.data)}: ${near === undefined ? '' : `did you mean ${quoted(near)}? `}expected one of ${names.slice(0, 20).map(quoted).join(', ')}`,
      { exit: 'usage' },
    )
  }
  const column = findColumn(data.dataset, name) ?? (await readAgain(name, data.dataset.rows, spec.data))
  if (column.kind === 'text') throw noGroups(name)
  return { column: name, ...fairnessBy(column, scoredRows(data.folds), scored) }
}

const noGroups = (name: string) =>
  new InputError(
    'E_SENSITIVE_TEXT',
    `--sensitive ${quoted(name)} is text, different in nearly every row: expected a column with groups, numbers or dates`,
    { exit: 'usage' },
  )

/** A column that is no feature, such as one left out for good reason: from the file, where its rows are those that were learnt from. */
async function readAgain(name: string, rows: number, file: Finished['spec']['data']): Promise<Column> {
  const { dataset } = await readDataset(file, { target: name })
  const column = findColumn(dataset, name)
  if (!column) throw noGroups(name)
  if (dataset.rows !== rows) {
    throw new InputError(
      'E_SENSITIVE_ROWS',
      `--sensitive ${quoted(name)} is no feature, and only ${rows} of the ${dataset.rows} rows of ${nameOf(file)} were learnt from: expected a feature, or a table in which every row has a target`,
      { exit: 'usage' },
    )
  }
  return takeColumn(
    column,
    Int32Array.from({ length: rows }, (_, row) => row),
  )
}

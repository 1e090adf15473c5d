import type { Column, NumericColumn } from '../data/dataset.ts'
import type { MadeTarget } from '../data/target.ts'
import { rowCount } from '../transforms/levels.ts'
import { hashSeed } from '../util/rng.ts'
import { evenRows } from './even-rows.ts'
import type { JudgedColumn } from './power.ts'
import { judgeColumns } from './power.ts'
import type { ColumnPrediction, DatasetProfile, Prediction, QuickModel } from './profile.ts'
import { scoreQuickModel } from './quick-model.ts'
import { supervise } from './supervision.ts'

const MAX_ROWS = 1_000_000
/** Rows × columns looked at; never fewer rows than LEAST_ROWS. */
const MAX_CELLS = 2e7
const LEAST_ROWS = 10_000
const METRICS = { binary: 'AUC', multiclass: 'Accuracy', regression: 'R2' } as const

/** A column with more prediction power than this gives the target away. */
export const LEAKAGE = 0.95

export interface Judged {
  readonly on: NonNullable<DatasetProfile['judged']>
  readonly columns: ReadonlyMap<string, ColumnPrediction>
  readonly quickModel?: QuickModel
  readonly rowOrder?: JudgedColumn
  /** Columns that give the target away and were left out of the quick model. */
  readonly dropped: readonly string[]
}

interface JudgeOptions {
  readonly seed: number
  readonly onStage: (stage: string) => void
  /** Whether a column that gives the target away is left out; none is unless said. */
  readonly mayDrop?: (name: string) => boolean
  /** Whether there is time for the quick model; there is unless said. */
  readonly mayModel?: () => boolean
}

/** What each column says of the target alone, and all of them together. */
export async function judgeTarget(
  columns: readonly Column[],
  { target, rows }: MadeTarget,
  { seed, onStage, mayDrop = () => false, mayModel = () => true }: JudgeOptions,
): Promise<Judged | undefined> {
  const limit = Math.max(LEAST_ROWS, Math.min(MAX_ROWS, Math.floor(MAX_CELLS / Math.max(1, columns.length))))
  const kept = evenRows(rows.length, limit, hashSeed(seed, 'judged'))
  const whole = kept.length === rows.length
  const supervision = supervise(
    whole ? target : { ...target, values: Float64Array.from(kept, at => target.values[at]!) },
    whole ? rows : Int32Array.from(kept, at => rows[at]!),
    seed,
    columns.length,
  )
  if (!supervision) return undefined
  onStage('prediction power of each column')
  const order = rowNumbers(columns)
  const scores = await judgeColumns([...columns, ...order], supervision, seed)
  // The only column of a table has nothing to leak past.
  const dropped =
    columns.length < 2
      ? []
      : columns.flatMap(({ name }) =>
          mayDrop(name) && (scores.get(name)?.power ?? 0) > LEAKAGE ? [name] : [],
        )
  const left = columns.filter(({ name }) => !dropped.includes(name))
  const modelled = mayModel()
  if (modelled) onStage('a quick model of all columns')
  const model = modelled ? await scoreQuickModel(left, scores, supervision, seed) : undefined
  const metric = METRICS[target.task]
  const told = columns.flatMap(({ name }) => {
    const score = scores.get(name)
    if (!score) return []
    const { lossReduction } = score
    return [
      [
        name,
        { ...toPrediction(metric, score), ...(lossReduction !== undefined && { lossReduction }) },
      ] as const,
    ]
  })
  const rowOrder = order[0] && scores.get(order[0].name)
  return {
    on: {
      rows: supervision.rows.length,
      folds: supervision.folds,
      classes: supervision.target.classes.length,
    },
    columns: new Map(told),
    dropped,
    ...(model && {
      quickModel: {
        ...toPrediction(metric, model),
        trainRows: model.trainRows,
        scoredRows: model.scoredRows,
        columns: model.columns,
        folds: model.folds,
      },
    }),
    ...(rowOrder && { rowOrder }),
  }
}

const toPrediction = (
  metric: Prediction['metric'],
  { score, baseline, error, power }: Omit<Prediction, 'metric'>,
): Prediction => ({ metric, score, baseline, error, power })

/** The row number as a column, under a name that no other has. */
function rowNumbers(columns: readonly Column[]): NumericColumn[] {
  const first = columns[0]
  if (!first) return []
  const rows = rowCount(first)
  const taken = new Set(columns.map(column => column.name))
  let name = 'row'
  while (taken.has(name)) name += ' '
  return [{ kind: 'numeric', name, values: Float64Array.from({ length: rows }, (_, row) => row) }]
}

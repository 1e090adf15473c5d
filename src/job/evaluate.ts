import type { Dataset } from '../data/dataset.ts'
import { readDataset } from '../data/read.ts'
import { nameOf, type TablePath } from '../data/source.ts'
import { encodeTarget } from '../data/target.ts'
import type { MetricValues } from '../experiment/types.ts'
import { confusionMatrix, evaluate } from '../metrics/index.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { InputError } from '../util/errors.ts'
import { modelPredictor, type Predictor } from './predictor.ts'

export interface Evaluation {
  /** Rows with a target. */
  readonly rows: number
  readonly metrics: MetricValues
  /** Classification: `counts[truth][predicted]`, both in the order of `labels`. */
  readonly confusion?: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] }
}

interface Labelled {
  readonly dataset: Dataset
  /** Class index or value per row; NaN where it is missing or unknown. */
  readonly truth: Float64Array
  /** Rows that have one. */
  readonly rows: Int32Array
}

/** Reads a file as training read its own, with the target; refuses one that has nothing to score. */
export async function readLabelled(
  { task, table }: Pick<Predictor, 'task' | 'table'>,
  file: TablePath,
): Promise<Labelled> {
  const targetColumn = {
    name: task.target,
    kind: 'categorical',
    use: 'target',
    reason: 'target',
    missing: [],
  } as const
  const { dataset } = await readDataset(file, {
    schema: { columns: [...table.columns, targetColumn] },
    target: task.target,
  })
  const column = dataset.columns.find(({ name }) => name === task.target)
  if (!column) {
    throw new InputError(
      'E_TARGET_NOT_FOUND',
      `${nameOf(file)} has no column "${task.target}": expected the target to score against; add it, or use "glasspilot predict"`,
    )
  }
  const truth = encodeTarget(column, task)
  const rows = Int32Array.from(truth.keys()).filter(row => !Number.isNaN(truth[row]!))
  if (rows.length > 0) return { dataset, truth, rows }
  const example = task.task === 'regression' ? 'numbers' : `labels such as ${JSON.stringify(task.classes[0])}`
  throw new InputError(
    'E_NO_ROWS',
    `${nameOf(file)} has no row with a target that was learnt: expected ${example} in column "${task.target}"; mend the labels`,
  )
}

/** Scores a predictor on a labelled file. */
export async function evaluatePredictor(predictor: Predictor, file: TablePath): Promise<Evaluation> {
  const { task } = predictor
  const { dataset, truth, rows } = await readLabelled(predictor, file)
  const width = outputWidth(task)
  const outputs = await predictor.predict(dataset)
  const scored = {
    task: task.task,
    target: Float64Array.from(rows, row => truth[row]!),
    outputs: takeOutputs(outputs, rows, width),
    width,
    ...(task.answer?.labelWeights && { labelWeights: task.answer.labelWeights }),
  }
  const metrics = evaluate(scored)
  if (task.task === 'regression') return { rows: rows.length, metrics }
  const matrix = confusionMatrix(scored)
  const counts = task.classes.map((_, truth) =>
    Array.from(matrix.subarray(truth * width, (truth + 1) * width)),
  )
  return { rows: rows.length, metrics, confusion: { labels: task.classes, counts } }
}

/** Scores the exported model of a folder on a labelled file. */
export async function evaluateModel(folder: string, file: TablePath): Promise<Evaluation> {
  const predictor = await modelPredictor(folder)
  try {
    return await evaluatePredictor(predictor, file)
  } finally {
    await predictor.close()
  }
}

function takeOutputs(outputs: Float64Array, rows: Int32Array, width: number): Float64Array {
  const taken = new Float64Array(rows.length * width)
  for (const [i, row] of rows.entries())
    taken.set(outputs.subarray(row * width, (row + 1) * width), i * width)
  return taken
}

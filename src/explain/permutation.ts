import type { Dataset } from '../data/dataset.ts'
import { takeColumn } from '../data/dataset.ts'
import { evaluate, higherIsBetter, type MetricName } from '../metrics/index.ts'
import type { Task } from '../data/dataset.ts'
import { createRng, hashSeed } from '../util/rng.ts'

/** Rows that were held back, and the model that never learnt from them. */
export interface HeldOutPart {
  readonly dataset: Dataset
  /** Class index or value of each row. */
  readonly target: Float64Array
  /** Row-major rows × outputs. */
  predict(dataset: Dataset): Promise<Float64Array>
}

export interface ColumnImportance {
  readonly name: string
  /** How much the score drops, in its own unit, when the column is shuffled among the rows: mean over the repeats. */
  readonly drop: number
  /** Standard deviation over the repeats. */
  readonly std: number
}

export interface PermutationOptions {
  readonly task: Task
  /** Numbers per row of an answer. */
  readonly width: number
  readonly metric: MetricName
  readonly columns: readonly string[]
  readonly repeats: number
  readonly seed: number
  readonly onColumn?: (done: number) => void
}

/**
 * Permutation importance (Breiman 2001, §10; Fisher, Rudin & Dominici 2019): what a score on held-out rows loses when one column
 * is shuffled among the rows of its part. Largest first. Cost: columns × repeats predictions of all rows.
 */
export async function permutationImportance(
  parts: readonly HeldOutPart[],
  { task, width, metric, columns, repeats, seed, onColumn }: PermutationOptions,
): Promise<{ readonly score: number; readonly columns: ColumnImportance[] }> {
  const target = Float64Array.from(parts.flatMap(part => Array.from(part.target)))
  const score = (outputs: Float64Array) =>
    higherIsBetter(metric, evaluate({ task, target, outputs, width })[metric] ?? NaN)
  const whole = score(await answersOf(parts, width, 1, dataset => dataset))
  const found: ColumnImportance[] = []
  for (const [c, name] of columns.entries()) {
    const outputs = await answersOf(parts, width, repeats, (dataset, part) =>
      shuffled(dataset, name, repeats, repeat => hashSeed(seed, name, repeat, part)),
    )
    const size = target.length * width
    const drops = Array.from(
      { length: repeats },
      (_, repeat) => whole - score(outputs.subarray(repeat * size, (repeat + 1) * size)),
    )
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / repeats
    const spread = drops.reduce((sum, drop) => sum + (drop - mean) ** 2, 0) / Math.max(1, repeats - 1)
    found.push({ name, drop: mean, std: Math.sqrt(spread) })
    onColumn?.(c + 1)
  }
  found.sort((a, b) => b.drop - a.drop)
  return { score: higherIsBetter(metric, whole), columns: found }
}

/** Answers to all parts, once per repeat; the rows of a part stand once per repeat in what `change` gives. */
async function answersOf(
  parts: readonly HeldOutPart[],
  width: number,
  repeats: number,
  change: (dataset: Dataset, part: number) => Dataset,
): Promise<Float64Array> {
  const rows = parts.reduce((sum, part) => sum + part.dataset.rows, 0)
  const outputs = new Float64Array(repeats * rows * width)
  let first = 0
  for (const [p, { dataset, predict }] of parts.entries()) {
    const found = await predict(change(dataset, p))
    const size = dataset.rows * width
    for (let repeat = 0; repeat < repeats; repeat++)
      outputs.set(found.subarray(repeat * size, (repeat + 1) * size), (repeat * rows + first) * width)
    first += dataset.rows
  }
  return outputs
}

/** The rows once per repeat, one column in another order each time. */
function shuffled(
  dataset: Dataset,
  name: string,
  repeats: number,
  seedOf: (repeat: number) => number,
): Dataset {
  const { rows } = dataset
  const again = Int32Array.from({ length: rows * repeats }, (_, i) => i % rows)
  const order = new Int32Array(rows * repeats)
  for (let repeat = 0; repeat < repeats; repeat++) {
    const one = Int32Array.from({ length: rows }, (_, row) => row)
    order.set(createRng(seedOf(repeat)).shuffle(one), repeat * rows)
  }
  return {
    ...dataset,
    rows: order.length,
    columns: dataset.columns.map(column => takeColumn(column, column.name === name ? order : again)),
  }
}

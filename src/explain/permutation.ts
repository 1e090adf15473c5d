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
  const scoreOf = async (change: (dataset: Dataset, part: number) => Dataset): Promise<number> => {
    const outputs = new Float64Array(target.length * width)
    let at = 0
    for (const [p, part] of parts.entries()) {
      const found = await part.predict(change(part.dataset, p))
      outputs.set(found, at)
      at += found.length
    }
    return higherIsBetter(metric, evaluate({ task, target, outputs, width })[metric] ?? NaN)
  }
  const whole = await scoreOf(dataset => dataset)
  const found: ColumnImportance[] = []
  for (const [c, name] of columns.entries()) {
    const drops: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      const score = await scoreOf((dataset, part) => {
        const rng = createRng(hashSeed(seed, name, repeat, part))
        const order = rng.shuffle(Int32Array.from({ length: dataset.rows }, (_, row) => row))
        return {
          ...dataset,
          columns: dataset.columns.map(column => (column.name === name ? takeColumn(column, order) : column)),
        }
      })
      drops.push(whole - score)
    }
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / repeats
    const spread = drops.reduce((sum, drop) => sum + (drop - mean) ** 2, 0) / Math.max(1, repeats - 1)
    found.push({ name, drop: mean, std: Math.sqrt(spread) })
    onColumn?.(c + 1)
  }
  found.sort((a, b) => b.drop - a.drop)
  return { score: higherIsBetter(metric, whole), columns: found }
}

import type { Examples, TrainingData } from '../../src/algorithms/algorithm.ts'
import type { Task } from '../../src/data/dataset.ts'
import type { DenseFeature } from '../../src/data/features.ts'
import { createRng, type Rng } from '../../src/util/rng.ts'

interface ToyOptions {
  readonly rows?: number
  readonly seed?: number
  readonly features?: number
  /** Share of cells that are NaN. */
  readonly missing?: number
  /** Above 0: the last feature holds codes 0 … categories − 1 of an unordered category with an effect of its own. */
  readonly categories?: number
  /** Standard deviation of the noise added to the signal (whose own is about 1.5). */
  readonly noise?: number
}

const CLASSES = { binary: 2, multiclass: 3, regression: 0 } as const

/**
 * A small seeded table with signal: standard normal features, of which the first three carry a step, a slope and an interaction.
 * The same seed gives the same rows; validation rows (a quarter as many) come from the same source.
 */
export function toy(task: Task, options: ToyOptions = {}): TrainingData {
  const { rows = 400, seed = 1, features = 5, missing = 0, categories = 0, noise = 0.3 } = options
  const rng = createRng(seed)
  const effects = Float64Array.from({ length: categories }, () => 2 * rng.normal())
  const draw = (count: number): Examples => examples(task, count, rng, { features, missing, noise, effects })
  const train = draw(rows)
  return { task, classes: CLASSES[task], ...train, validation: draw(Math.max(1, Math.round(rows / 4))) }
}

interface Recipe {
  readonly features: number
  readonly missing: number
  readonly noise: number
  readonly effects: Float64Array
}

function examples(task: Task, rows: number, rng: Rng, recipe: Recipe): Examples {
  const { features, missing, noise, effects } = recipe
  const columns = Array.from({ length: features }, (_, j): DenseFeature => {
    const coded = effects.length > 0 && j === features - 1
    const values = Float32Array.from({ length: rows }, () => (coded ? rng.int(effects.length) : rng.normal()))
    return { kind: 'dense', name: `x${j}`, values, ...(coded ? { categories: effects.length } : {}) }
  })
  const at = (j: number, row: number) => (j < features ? columns[j]!.values[row]! : 0)
  const target = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    const first = effects.length > 0 && features === 1 ? 0 : at(0, row)
    const slope = effects.length > 0 && features === 2 ? 0 : at(1, row)
    const bend = effects.length > 0 && features === 3 ? 0 : at(2, row)
    const effect = effects.length > 0 ? effects[at(features - 1, row)]! : 0
    const signal = (first > 0.2 ? 1 : -1) + slope + 0.5 * first * bend + effect + noise * rng.normal()
    target[row] = task === 'regression' ? signal : task === 'binary' ? Number(signal > 0) : bucket(signal)
  }
  if (missing > 0) {
    for (const { values } of columns)
      for (let row = 0; row < rows; row++) if (rng.next() < missing) values[row] = NaN
  }
  return { features: { rows, columns }, target }
}

const bucket = (signal: number): number => (signal < -0.6 ? 0 : signal < 0.8 ? 1 : 2)

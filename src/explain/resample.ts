import type { Scored } from '../metrics/metric.ts'
import { createRng, hashSeed } from '../util/rng.ts'

const DRAWS = 5
const SHARE = 0.8
/** Fewer rows give no spread worth telling. */
const LEAST_ROWS = 200

/** Some of the scored rows, in the order given. */
export function takeScored(scored: Scored, rows: ArrayLike<number>): Scored {
  const { width } = scored
  const outputs = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < width; k++) outputs[i * width + k] = scored.outputs[rows[i]! * width + k]!
  const take = (values: Float64Array) =>
    Float64Array.from({ length: rows.length }, (_, i) => values[rows[i]!]!)
  return {
    task: scored.task,
    width,
    target: take(scored.target),
    outputs,
    ...(scored.weights && { weights: take(scored.weights) }),
  }
}

/**
 * Standard deviation of measures over five random samples of 80 % of the rows, as Autopilot's model quality report takes it;
 * empty below 200 rows.
 */
export function spreadOf(
  scored: Scored,
  seed: number,
  measure: (scored: Scored) => Readonly<Record<string, number | undefined>>,
): Map<string, number> {
  const rows = scored.target.length
  if (rows < LEAST_ROWS) return new Map()
  const found = new Map<string, number[]>()
  for (let draw = 0; draw < DRAWS; draw++) {
    const order = Int32Array.from({ length: rows }, (_, row) => row)
    const kept = createRng(hashSeed(seed, 'spread', draw))
      .shuffle(order)
      .subarray(0, Math.round(SHARE * rows))
    for (const [name, value] of Object.entries(measure(takeScored(scored, kept)))) {
      if (value !== undefined && Number.isFinite(value)) found.set(name, [...(found.get(name) ?? []), value])
    }
  }
  return new Map(
    [...found]
      .filter(([, values]) => values.length === DRAWS)
      .map(([name, values]) => {
        const mean = values.reduce((sum, value) => sum + value / DRAWS, 0)
        return [name, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (DRAWS - 1))]
      }),
  )
}

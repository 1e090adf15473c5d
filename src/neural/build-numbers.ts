import type { Pieces, Waves } from '../onnx/number-layers.ts'
import type { Rng } from '../util/rng.ts'

/** Quantiles of a column without repetitions: the edges of at most `bins` bins of about equal size. */
export function binEdges(values: Float32Array, bins: number): number[] {
  const sorted = Float32Array.from(values).sort()
  const edges = Array.from(
    { length: bins + 1 },
    (_, i) => sorted[Math.round((i / bins) * (sorted.length - 1))]!,
  )
  return [...new Set(edges)]
}

interface PiecesOptions {
  readonly rest: number
  readonly bins: number
  readonly width: number
  readonly rng: Rng
}

/** Piecewise-linear vectors of columns; at first only the number itself counts. */
export function pieces(columns: readonly Float32Array[], { rest, bins, width, rng }: PiecesOptions): Pieces {
  const features = columns.length
  const fixed = () => new Float32Array(features * bins)
  const [slopes, offsets, low, high] = [fixed(), fixed(), fixed(), fixed()]
  for (const [feature, values] of columns.entries()) {
    const edges = binEdges(values, bins)
    const last = edges.length - 2
    for (let bin = 0; bin <= last; bin++) {
      const at = feature * bins + bin
      const size = edges[bin + 1]! - edges[bin]!
      slopes[at] = 1 / size
      offsets[at] = -edges[bin]! / size
      low[at] = bin === 0 ? -Infinity : 0
      high[at] = bin === last ? Infinity : 1
    }
  }
  const weights = new Float32Array(features * (bins + 1) * width)
  for (let feature = 0; feature < features; feature++) {
    const own = ((feature + 1) * (bins + 1) - 1) * width
    for (let k = 0; k < width; k++) weights[own + k] = even(1 / Math.sqrt(width), rng)
  }
  const biases = Float32Array.from({ length: features * width }, () => even(1 / Math.sqrt(width), rng))
  return { kind: 'pieces', features, rest, bins, width, slopes, offsets, low, high, weights, biases }
}

interface WavesOptions {
  readonly features: number
  readonly rest: number
  readonly count: number
  readonly width: number
  /** Deviation of the frequencies. */
  readonly spread: number
  readonly rng: Rng
}

/** Periodic vectors of numbers with frequencies drawn around 0. */
export function waves({ features, rest, count, width, spread, rng }: WavesOptions): Waves {
  const draw = (length: number, next: () => number) => Float32Array.from({ length }, next)
  return {
    kind: 'waves',
    features,
    rest,
    count,
    width,
    frequencies: draw(features * count, () => spread * rng.normal()),
    phases: draw(features * count, () => even(Math.PI, rng)),
    weights: draw(features * count * width, () => even(1 / Math.sqrt(count), rng)),
    biases: draw(features * width, () => even(1 / Math.sqrt(count), rng)),
  }
}

const even = (bound: number, rng: Rng) => bound * (2 * rng.next() - 1)

import type { DenseFeature, Features } from '../data/features.ts'
import { int } from '../params/space.ts'
import type { Rng } from '../util/rng.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { principalDirections } from './principal-directions.ts'
import type { RowReader } from './sparse-rows.ts'
import { sparseRows } from './sparse-rows.ts'
import type { FeatureTransform } from './transform.ts'

interface PcaState {
  readonly width: number
  /** 0 when there are no more features than components: nothing changes. */
  readonly components: number
  readonly mean: Float64Array
  /** Whether the mean is taken off before multiplying; mostly-zero features are multiplied as they are, and shifted after. */
  readonly centred: boolean
  /** Row-major width × components: the directions, longest spread first. */
  readonly directions: Float64Array
}

/** Multiplications the covariance may cost before rows are sampled: a few seconds. */
const COVARIANCE_WORK = 4e9
/** Principal components: directions of greatest spread, found from the covariance of the rows. Missing counts as the mean. */
export const robustPca: FeatureTransform<PcaState> = {
  stage: 'features',
  name: 'robust-pca',
  summary: 'Principal components; nothing changes when there are no more features than components.',
  space: { n_components: int(1, 2000, 100) },
  fit(features, params, { seed }) {
    const width = features.columns.length
    const components = Number(params.n_components)
    if (width <= components || features.rows === 0) {
      return {
        width,
        components: 0,
        mean: new Float64Array(0),
        centred: true,
        directions: new Float64Array(0),
      }
    }
    const rng = createRng(hashSeed(seed, 'robust-pca'))
    if (features.rows < width) return directionsOfRows(features, components, rng)
    const { mean, centred, covariance } = covarianceOf(features, rng)
    const directions = principalDirections(covariance, width, components, rng)
    return { width, components, mean, centred, directions }
  },
  apply(features, { components, mean, centred, directions }) {
    if (components === 0) return features
    const columns = Array.from({ length: components }, (_, k): DenseFeature => ({
      kind: 'dense',
      name: `component ${k + 1}`,
      values: new Float32Array(features.rows),
    }))
    const origin = centred ? mean : new Float64Array(mean.length)
    const offset = offsetOf(components, mean, centred, directions)
    const sum = new Float64Array(components)
    for (const reader of sparseRows(features, mean, centred)) {
      for (let row = reader.from; row < reader.to; row++) {
        const count = reader.read(row)
        sum.set(offset)
        for (let i = 0; i < count; i++) {
          const j = reader.index[i]!
          addScaled(sum, reader.values[i]! - origin[j]!, directions, j)
        }
        for (let k = 0; k < components; k++) columns[k]!.values[row] = sum[k]!
      }
    }
    return { rows: features.rows, columns }
  },
  emit({ width, components, mean, centred, directions }, graph, input) {
    if (components === 0) return input
    const missing = graph.op('IsNaN', [input], {}, { type: 'bool' })
    const centre = graph.constant(mean, [1, width])
    const known = graph.op('Where', [missing, centre, graph.cast(input, 'double')], {}, { type: 'double' })
    const factors = centred ? graph.op('Sub', [known, centre]) : known
    const product = graph.op('MatMul', [factors, graph.constant(directions, [width, components])])
    const offset = graph.constant(offsetOf(components, mean, centred, directions), [1, components])
    return graph.cast(graph.op('Add', [product, offset]), 'float')
  },
}

/** What is added to every row's product: −mean · directions, unless the mean was taken off before. */
function offsetOf(
  components: number,
  mean: Float64Array,
  centred: boolean,
  directions: Float64Array,
): Float64Array {
  const offset = new Float64Array(components)
  if (!centred) for (let j = 0; j < mean.length; j++) addScaled(offset, -mean[j]!, directions, j)
  return offset
}

/** sum += factor · row j of a row-major matrix. */
function addScaled(sum: Float64Array, factor: number, matrix: Float64Array, j: number): void {
  const width = sum.length
  const start = j * width
  for (let k = 0; k < width; k++) sum[k]! += factor * matrix[start + k]!
}

/**
 * Mean and covariance, over a seeded sample when all rows would take too long. Only non-zero pairs are multiplied:
 * cov = (Σ x·xᵀ − n·m·mᵀ) / n with x measured from 0 for mostly-zero features and from the mean for others, so that little is
 * lost to cancellation.
 */
function covarianceOf(features: Features, rng: Rng) {
  const { rows, columns } = features
  const width = columns.length
  const { mean, filled } = meansOf(features)
  const work = rows * (filled * width) ** 2 * 0.5
  const share = Math.min(1, COVARIANCE_WORK / Math.max(1, work))
  const centred = filled > 0.5
  const origin = centred ? mean : new Float64Array(width)
  const sums = new Float64Array(width)
  const products = new Float64Array(width * width) // upper triangle
  let count = 0
  const add = (reader: RowReader, row: number) => {
    const found = reader.read(row)
    const { index, values } = reader
    count++
    for (let a = 0; a < found; a++) values[a]! -= origin[index[a]!]!
    for (let a = 0; a < found; a++) {
      const value = values[a]!
      const start = index[a]! * width
      sums[index[a]!]! += value
      for (let b = a; b < found; b++) products[start + index[b]!]! += value * values[b]!
    }
  }
  for (const reader of sparseRows(features, mean, centred)) {
    for (let row = reader.from; row < reader.to; row++)
      if (share === 1 || rng.next() < share) add(reader, row)
  }
  const covariance = new Float64Array(width * width)
  const n = Math.max(1, count)
  for (let a = 0; a < width; a++) {
    for (let b = a; b < width; b++) {
      const value = products[a * width + b]! / n - (sums[a]! / n) * (sums[b]! / n)
      covariance[a * width + b] = value
      covariance[b * width + a] = value
    }
  }
  return { mean, centred, covariance }
}

/**
 * With fewer rows than features: the eigenvectors u of the rows' products x·x′ give the directions Xᵀu, at rows² · width instead
 * of rows · width². As many as there are rows less one; the rest of the components, which have no spread, are left out.
 */
function directionsOfRows(features: Features, wanted: number, rng: Rng): PcaState {
  const { rows, columns } = features
  const width = columns.length
  const { mean } = meansOf(features)
  const components = Math.max(1, Math.min(wanted, rows - 1))
  const table = new Float64Array(rows * width)
  for (const reader of sparseRows(features, mean, true)) {
    for (let row = reader.from; row < reader.to; row++) {
      reader.read(row)
      for (let j = 0; j < width; j++) table[row * width + j] = reader.values[j]! - mean[j]!
    }
  }
  const products = new Float64Array(rows * rows)
  for (let a = 0; a < rows; a++) {
    for (let b = a; b < rows; b++) {
      let sum = 0
      for (let j = 0; j < width; j++) sum += table[a * width + j]! * table[b * width + j]!
      products[a * rows + b] = sum
      products[b * rows + a] = sum
    }
  }
  const shares = principalDirections(products, rows, components, rng)
  const directions = new Float64Array(width * components)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < width; j++) {
      const value = table[row * width + j]!
      for (let k = 0; k < components; k++)
        directions[j * components + k]! += value * shares[row * components + k]!
    }
  for (let k = 0; k < components; k++) turnToUnit(directions, width, components, k)
  return { width, components, mean, centred: true, directions }
}

const NO_SPREAD = 1e-9

/** Makes column `k` of a row-major matrix of length 1 with its largest entry positive; one of nothing but rounding is 0. */
function turnToUnit(matrix: Float64Array, width: number, components: number, k: number): void {
  let square = 0
  let largest = 0
  for (let j = 0; j < width; j++) {
    const value = matrix[j * components + k]!
    square += value * value
    if (Math.abs(value) > Math.abs(largest)) largest = value
  }
  const length = Math.sqrt(square)
  const factor = length > NO_SPREAD ? Math.sign(largest) / length : 0
  for (let j = 0; j < width; j++) matrix[j * components + k]! *= factor
}

/** Means of the known values, and the share of non-zero values in all. */
function meansOf({ rows, columns }: Features): { mean: Float64Array; filled: number } {
  let nonZero = 0
  const mean = Float64Array.from(columns, ({ kind, values }) => {
    let sum = 0
    let count = kind === 'sparse' ? rows - values.length : 0
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value !== 0) nonZero++
      if (Number.isNaN(value)) continue
      count++
      sum += value
    }
    return count === 0 ? 0 : sum / count
  })
  return { mean, filled: nonZero / Math.max(1, rows * columns.length) }
}

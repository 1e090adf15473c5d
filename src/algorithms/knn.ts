import { toRowMajor } from '../data/features.ts'
import { neighbors, type NeighborsModel } from '../models/neighbors.ts'
import { choice, float, logInt } from '../params/space.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'

const space = {
  n_neighbors: logInt(1, 200, 12),
  weights: choice(['distance', 'uniform']),
  prior_strength: float(0.01, 5, 1),
}

const MOST_ROWS = 20_000
const MOST_CELLS = 4_000_000 // the model file holds them all
const REACH_SAMPLE = 200

/**
 * The mean of the nearest rows by Euclidean distance, nearer ones weighing more. Distances are one matrix product, the nearest
 * are found by TopK: the model is its own ONNX graph.
 */
export const knn: Algorithm = {
  name: 'knn',
  summary:
    'The nearest rows decide, nearer ones more; no model of its own shape, and so of use beside others in an ensemble.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'neighbors',
  requires: ['no-missing', 'standardized'],
  space,
  /** Mostly of the usual distance. */
  expectedSeconds: ({ rows, features }) =>
    0.01 + rows * Math.min(1, rows / REACH_SAMPLE) * (2.5e-5 + features * 5.3e-7),
  unfit({ rows, features }) {
    if (features === 0) return 'there are no features: all rows are equally near'
    if (rows > MOST_ROWS)
      return `${rows} rows are more than the ${MOST_ROWS} that a model of neighbours remembers`
    if (rows * features > MOST_CELLS)
      return `${rows} rows × ${features} features are more cells than the ${MOST_CELLS} that a model of neighbours remembers`
    return undefined
  },
  async fit(data, params, { signal }) {
    signal.throwIfAborted()
    const features = data.features.columns.length
    const rows = toRowMajor(data.features)
    const lengths = Float32Array.from({ length: data.features.rows }, (_, row) =>
      squares(rows, row, features),
    )
    const count = Math.min(data.features.rows, Number(params['n_neighbors'] ?? space.n_neighbors.default))
    return {
      kind: neighbors.kind,
      outputs: Math.max(1, data.classes),
      features,
      rows,
      lengths,
      ...votesOf(data),
      count,
      reach: params['weights'] === 'uniform' ? Infinity : usualDistance(rows, features, count),
      strength: Number(params['prior_strength'] ?? 1),
    } satisfies NeighborsModel
  },
}

function squares(rows: Float32Array, row: number, features: number): number {
  let sum = 0
  for (let at = row * features; at < (row + 1) * features; at++) sum += rows[at]! ** 2
  return sum
}

/** Votes times the weight of their row over the mean weight; a row without weight does not vote. */
function votesOf({ target, classes, weights, task }: TrainingData) {
  const outputs = Math.max(1, classes)
  const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : target.length
  const weightOf = (row: number) => (weights ? (weights[row]! * target.length) / total : 1)
  const usual = new Float64Array(outputs)
  const votes = new Float32Array(target.length * (outputs + 1))
  const { mean, scale } = task === 'regression' ? unitsOf(target, weightOf) : { mean: 0, scale: 1 }
  for (let row = 0; row < target.length; row++) {
    const weight = weightOf(row)
    const at = row * (outputs + 1)
    votes[at + outputs] = weight
    if (task === 'regression') votes[at] = (weight * (target[row]! - mean)) / scale
    else {
      votes[at + target[row]!] = weight
      usual[target[row]!]! += weight / target.length
    }
  }
  return { votes, usual, outputScale: scale, outputShift: mean }
}

function unitsOf(target: Float64Array, weightOf: (row: number) => number) {
  let mean = 0
  let square = 0
  for (let row = 0; row < target.length; row++) mean += (weightOf(row) * target[row]!) / target.length
  for (const value of target) square += (value - mean) ** 2 / target.length
  return { mean, scale: Math.sqrt(square) || 1 }
}

/** Median squared distance from a row to the last of its neighbours, over some rows. */
function usualDistance(rows: Float32Array, features: number, count: number): number {
  const total = rows.length / features
  const step = Math.max(1, Math.floor(total / REACH_SAMPLE))
  const last: number[] = []
  for (let row = 0; row < total; row += step) {
    const distances = Float64Array.from({ length: total }, (_, other) => {
      let sum = 0
      for (let j = 0; j < features; j++) sum += (rows[row * features + j]! - rows[other * features + j]!) ** 2
      return sum
    }).sort()
    last.push(distances[Math.min(total - 1, count)]!)
  }
  last.sort((a, b) => a - b)
  return last[last.length >> 1]! || 1
}

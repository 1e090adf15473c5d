import type { ConstantModel } from '../models/constant.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'

/** What every other algorithm must beat: class shares of the training rows, or their mean. */
export const baseline: Algorithm = {
  name: 'baseline',
  summary: 'predicts the same for every row: the class shares or the mean of the training rows',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'reference',
  requires: [],
  space: {},
  expectedSeconds: ({ rows }) => rows * 1e-8,
  async fit(data, _params, { signal }): Promise<ConstantModel> {
    signal.throwIfAborted()
    const values = data.task === 'regression' ? Float64Array.of(mean(data)) : shares(data)
    return { kind: 'constant', outputs: values.length, values }
  },
}

function mean({ target, weights }: TrainingData): number {
  let sum = 0
  let total = 0
  for (let row = 0; row < target.length; row++) {
    const weight = weights ? weights[row]! : 1
    sum += weight * target[row]!
    total += weight
  }
  return sum / total
}

function shares({ target, weights, classes }: TrainingData): Float64Array {
  const sums = new Float64Array(classes)
  for (let row = 0; row < target.length; row++) sums[target[row]!]! += weights ? weights[row]! : 1
  const total = sums.reduce((sum, part) => sum + part, 0)
  return sums.map(part => part / total)
}

import type { Examples, TrainingData } from './algorithm.ts'

/** The same data with weights that make all classes weigh the same together, in training and in early stopping. Mean weight 1. */
export function balancedWeights(data: TrainingData): TrainingData {
  if (data.task === 'regression') return data
  const totals = new Float64Array(data.classes)
  const weightOf = ({ weights }: Examples, row: number) => (weights ? weights[row]! : 1)
  for (let row = 0; row < data.target.length; row++) totals[data.target[row]!]! += weightOf(data, row)
  const present = totals.filter(total => total > 0).length
  const sum = totals.reduce((all, total) => all + total, 0)
  const factor = totals.map(total => (total > 0 ? sum / (present * total) : 1))
  const weighted = (examples: Examples): Float64Array =>
    examples.target.map((label, row) => factor[label]! * weightOf(examples, row))
  return {
    ...data,
    weights: weighted(data),
    ...(data.validation && { validation: { ...data.validation, weights: weighted(data.validation) } }),
  }
}

import type { Task } from '../data/dataset.ts'
import type { Recommendation } from './portfolio.ts'

export const portfolios: Readonly<Record<Task, readonly Recommendation[]>> = {
  binary: [],
  multiclass: [],
  regression: [],
}

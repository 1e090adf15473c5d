import type { Work } from './metric.ts'

/** Truth, predictions and hits of each class, as weight. */
interface ClassCounts {
  readonly truth: Float64Array
  readonly predicted: Float64Array
  readonly hits: Float64Array
}

/** Zero over zero is zero: a class nobody predicted has precision 0, not a gap in the leaderboard. */
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

export function classCounts(confusion: Float64Array, classes: number): ClassCounts {
  const truth = new Float64Array(classes)
  const predicted = new Float64Array(classes)
  const hits = new Float64Array(classes)
  for (let t = 0; t < classes; t++) {
    hits[t] = confusion[t * classes + t]
    for (let p = 0; p < classes; p++) {
      truth[t] += confusion[t * classes + p]
      predicted[p] += confusion[t * classes + p]
    }
  }
  return { truth, predicted, hits }
}

const countsOf = (work: Work) => classCounts(work.confusion, work.scored.width)

export const precisionOf = (counts: ClassCounts, k: number) => ratio(counts.hits[k], counts.predicted[k])
export const recallOf = (counts: ClassCounts, k: number) => ratio(counts.hits[k], counts.truth[k])
/** 2 · precision · recall / (precision + recall), written so that it needs no second case. */
export const f1Of = (counts: ClassCounts, k: number) =>
  ratio(2 * counts.hits[k], counts.truth[k] + counts.predicted[k])

/** Mean over the classes that occur in truth or prediction; a class absent from both says nothing. */
function macro(counts: ClassCounts, of: (counts: ClassCounts, k: number) => number): number {
  let sum = 0
  let seen = 0
  for (let k = 0; k < counts.truth.length; k++) {
    if (counts.truth[k] + counts.predicted[k] === 0) continue
    sum += of(counts, k)
    seen++
  }
  return ratio(sum, seen)
}

/** Mean recall over the classes that occur in truth. */
export function meanRecall(counts: ClassCounts): number {
  let sum = 0
  let seen = 0
  for (let k = 0; k < counts.truth.length; k++) {
    if (counts.truth[k] === 0) continue
    sum += recallOf(counts, k)
    seen++
  }
  return ratio(sum, seen)
}

export function accuracy(work: Work): number {
  const { hits } = countsOf(work)
  return hits.reduce((sum, value) => sum + value, 0) / work.total
}
export const balancedAccuracy = (work: Work) => meanRecall(countsOf(work))
export const precision = (work: Work) => precisionOf(countsOf(work), 1)
export const recall = (work: Work) => recallOf(countsOf(work), 1)
export const f1 = (work: Work) => f1Of(countsOf(work), 1)
export const precisionMacro = (work: Work) => macro(countsOf(work), precisionOf)
export const recallMacro = (work: Work) => macro(countsOf(work), recallOf)
export const f1macro = (work: Work) => macro(countsOf(work), f1Of)

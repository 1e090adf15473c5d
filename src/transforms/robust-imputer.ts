import type { Column } from '../data/dataset.ts'
import { choice, float, when } from '../params/space.ts'
import { notFinite } from './levels.ts'
import { takeMedian, withoutNaN } from './order.ts'
import type { Encoder } from './transform.ts'

interface ImputerState {
  /** What stands for a value that is not a finite number; NaN keeps it missing. */
  readonly fill: number
}

const isFinite32 = (value: number) => value - value === 0

/**
 * The values of a number column as float32, every value that is no finite number replaced by `fill`. The column's own array
 * comes back when nothing had to change.
 */
export function float32Values(values: Float64Array | Float32Array, fill: number): Float32Array {
  const rounded = values instanceof Float32Array ? values : Float32Array.from(values)
  const keeps = Number.isNaN(fill)
  const wrong = (value: number) => !isFinite32(value) && !(keeps && Number.isNaN(value))
  const first = rounded.findIndex(wrong)
  if (first < 0) return rounded
  const result = rounded === values ? rounded.slice() : rounded
  for (let row = first; row < result.length; row++) if (!isFinite32(result[row]!)) result[row] = fill
  return result
}

/** Statistics of finite values, which they may reorder. */
const STATISTICS: Readonly<Record<string, (values: Float32Array, constant: number) => number>> = {
  nan: () => NaN,
  constant: (_, constant) => constant,
  // Summed in ascending order, so that the order of rows cannot show in the last bits.
  mean: values => values.sort().reduce((sum, value) => sum + value, 0) / values.length,
  median: takeMedian,
  'most-frequent': mostFrequent,
}

/** The smallest of the values that stand most often. */
function mostFrequent(values: Float32Array): number {
  const sorted = values.sort()
  let best = sorted[0]!
  let bestRun = 0
  for (let start = 0; start < sorted.length;) {
    let end = start
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    if (end - start > bestRun) [best, bestRun] = [sorted[start]!, end - start]
    start = end
  }
  return best
}

/** Numbers as float32; whatever is no finite number becomes a statistic of the column, or stays missing (`nan`). */
export const robustImputer: Encoder<ImputerState> = {
  stage: 'encode',
  name: 'robust-imputer',
  summary:
    'Numbers as they are; missing and infinite ones replaced by the median (or mean …), or kept missing.',
  accepts: ['numeric'],
  space: {
    strategy: choice(['median', 'mean', 'most-frequent', 'constant', 'nan']),
    fill: when('strategy', ['constant'], float(-3e38, 3e38, 0)),
  },
  fit(column, params) {
    const strategy = String(params.strategy)
    const needsValues = strategy !== 'nan' && strategy !== 'constant'
    const finite = needsValues ? withoutNaN(float32Values(numbers(column), NaN)) : new Float32Array(0)
    if (needsValues && finite.length === 0) return { fill: 0 }
    return { fill: Math.fround(STATISTICS[strategy]!(finite, Number(params.fill))) }
  },
  apply: (column, { fill }) => [
    { kind: 'dense', name: column.name, values: float32Values(numbers(column), fill) },
  ],
  emit: (state, graph, input) => robustImputer.emitColumns!([state], graph, input),
  emitColumns(states, graph, input) {
    const fills = graph.constant(
      Float32Array.from(states, state => state.fill),
      [1, states.length],
    )
    return graph.op('Where', [notFinite(graph, input), fills, input], {}, { type: 'float' })
  },
}

function numbers(column: Column): Float64Array | Float32Array {
  if (column.kind !== 'numeric')
    throw new Error(`column "${column.name}" is ${column.kind}: expected numeric`)
  return column.values
}

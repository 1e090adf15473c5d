import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { choice, float, int } from '../params/space.ts'
import type { Judged } from './gain.ts'
import { binned, explained, float32At, judgedRows, without } from './gain.ts'
import { notFinite } from './levels.ts'
import type { Combiner } from './transform.ts'

interface Operation {
  readonly sign: string
  readonly op: 'Add' | 'Sub' | 'Mul' | 'Div'
  readonly of: (left: number, right: number) => number
}

const OPERATIONS: readonly Operation[] = [
  { sign: '+', op: 'Add', of: (left, right) => left + right },
  { sign: '−', op: 'Sub', of: (left, right) => left - right },
  { sign: '×', op: 'Mul', of: (left, right) => left * right },
  { sign: '÷', op: 'Div', of: (left, right) => left / right },
]
const CHOICES: Readonly<Record<string, readonly number[]>> = {
  all: [0, 1, 2, 3],
  differences: [0, 1],
  products: [2, 3],
}

interface ArithmeticState {
  /** Which operation makes each feature, ascending. */
  readonly operation: Uint8Array
  /** Places of its columns. */
  readonly left: Int32Array
  readonly right: Int32Array
}

const JUDGED_ROWS = 4000
const BINS = 32

const space = {
  /** Most features made, those that explain most of the target. */
  max_features: int(1, 1000, 20),
  /** Columns tried in pairs, those that explain most of the target alone. */
  max_columns: int(2, 200, 24),
  /** Least share of the target's variance, beyond what the two columns explain, that a feature must explain. */
  minimum_gain: float(-1, 1, 0.001),
  operations: choice(['all', 'differences', 'products']),
}

/**
 * Sums, differences, products and ratios of two numeric columns, as TabPrep's arithmetic features (arXiv 2606.02384), but
 * chosen one by one: a feature is kept for what it explains of the target, in bins and on the rows fitted on, after the effects
 * of its two columns are taken away. Missing where a column is missing and where the result is not finite (division by zero).
 */
export const arithmeticFeatures: Combiner<ArithmeticState> = {
  stage: 'combine',
  name: 'arithmetic-features',
  summary: 'Sums, differences, products and ratios of pairs of numbers that tell more than the two alone.',
  accepts: ['numeric'],
  usesTarget: true,
  space,
  fit(columns, params, context) {
    const judged = judgedRows(context, JUDGED_ROWS)
    const kept = candidates(columns, params, judged)
      .sort((a, b) => b.gain - a.gain || a.order - b.order)
      .slice(0, Number(params.max_features))
      .sort((a, b) => a.operation - b.operation || a.order - b.order)
    return {
      operation: Uint8Array.from(kept, one => one.operation),
      left: Int32Array.from(kept, one => one.left),
      right: Int32Array.from(kept, one => one.right),
    }
  },
  uses: ({ left, right }) => [...new Set([...left, ...right])].sort((a, b) => a - b),
  apply: (columns, { operation, left, right }) =>
    Array.from(operation, (which, i): DenseFeature => {
      const [a, b] = [columns[left[i]!]!, columns[right[i]!]!]
      const { sign, of } = OPERATIONS[which]!
      return {
        kind: 'dense',
        name: `${a.name} ${sign} ${b.name}`,
        values: combined(of, numbersOf(a), numbersOf(b)),
      }
    }),
  emit(state, graph, inputs) {
    if (state.operation.length === 0) return undefined
    const used = arithmeticFeatures.uses(state)
    const joined = graph.op(
      'Concat',
      used.map(place => inputs[place]),
      { axis: 1 },
      { type: 'float' },
    )
    const clean = graph.op('Where', [notFinite(graph, joined), graph.f32(NaN), joined], {}, { type: 'float' })
    const wide = graph.cast(clean, 'double')
    const pick = (places: readonly number[]) =>
      graph.op('Gather', [wide, graph.i64(...places.map(place => used.indexOf(place)))], { axis: 1 })
    const parts = OPERATIONS.flatMap(({ op }, which) => {
      const own = Array.from(state.operation.keys()).filter(i => state.operation[i] === which)
      if (own.length === 0) return []
      return graph.op(op, [pick(own.map(i => state.left[i]!)), pick(own.map(i => state.right[i]!))])
    })
    return finiteOrMissing(graph, graph.op('Concat', parts, { axis: 1 }))
  },
}

/** Float, NaN where it is not finite. */
function finiteOrMissing(graph: Graph, values: Tensor): Tensor {
  const rounded = graph.cast(values, 'float')
  const infinite = graph.op('IsInf', [rounded], {}, { type: 'bool' })
  return graph.op('Where', [infinite, graph.f32(NaN), rounded], {}, { type: 'float' })
}

/** Computed in float64 from what a graph receives, and rounded once. */
function combined(
  of: Operation['of'],
  left: Float32Array | Float64Array,
  right: Float32Array | Float64Array,
): Float32Array {
  const result = new Float32Array(left.length)
  for (let row = 0; row < result.length; row++) {
    const [a, b] = [Math.fround(left[row]!), Math.fround(right[row]!)]
    const value = Number.isFinite(a) && Number.isFinite(b) ? Math.fround(of(a, b)) : NaN
    result[row] = Number.isFinite(value) ? value : NaN
  }
  return result
}

interface Judgement {
  readonly operation: number
  readonly left: number
  readonly right: number
  readonly gain: number
  /** Position among all, to decide between equals. */
  readonly order: number
}

function candidates(columns: readonly Column[], params: Params, { rows, outputs }: Judged): Judgement[] {
  const numbers = columns.map(column => float32At(numbersOf(column), rows))
  const bins = numbers.map(values => binned(values, BINS))
  const alone = bins.map(places => explained(places, outputs))
  const chosen = [...columns.keys()]
    .filter(j => bins[j]!.count > 2)
    .sort((a, b) => alone[b]! - alone[a]! || a - b)
    .slice(0, Number(params.max_columns))
    .sort((a, b) => a - b)
  const found: Judgement[] = []
  let order = 0
  const judge = (operation: number, left: number, right: number, rest: readonly Float64Array[]) => {
    const values = combined(OPERATIONS[operation]!.of, numbers[left]!, numbers[right]!)
    const gain = explained(binned(values, BINS), rest)
    if (gain >= Number(params.minimum_gain)) found.push({ operation, left, right, gain, order: order++ })
  }
  for (const [i, a] of chosen.entries()) {
    for (const b of chosen.slice(i + 1)) {
      const rest = without(bins[a]!, bins[b]!, outputs)
      for (const operation of CHOICES[String(params.operations)]!) {
        judge(operation, a, b, rest)
        if (OPERATIONS[operation]!.op === 'Div') judge(operation, b, a, rest)
      }
    }
  }
  return found
}

function numbersOf(column: Column): Float32Array | Float64Array {
  if (column.kind !== 'numeric')
    throw new Error(`column "${column.name}" is ${column.kind}: expected numeric`)
  return column.values
}

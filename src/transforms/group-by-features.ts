import type { CategoricalColumn, Column, NumericColumn } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { float, int } from '../params/space.ts'
import type { Places } from './gain.ts'
import { binned, explained, float32At, judgedRows, without } from './gain.ts'
import type { Levels } from './levels.ts'
import { countLevels, emitLevels, levelRows, notFinite } from './levels.ts'
import type { Combiner, TransformContext } from './transform.ts'

interface Grouping {
  /** Place of the column of categories among the columns. */
  readonly key: number
  readonly levels: Levels
  /** Places of the columns of numbers. */
  readonly values: Int32Array
  /** Row-major (levels + 2) × (1 + 2 · values): share of rows, means, standard deviations; missing, unseen, then each level. */
  readonly table: Float64Array
}

type GroupingState = readonly Grouping[]

const JUDGED_ROWS = 4000
const BINS = 32

const space = {
  /** Most pairs of a category and a number, those whose deviations explain most of the target. */
  max_pairs: int(1, 500, 10),
  /** Least share of the target's variance, beyond what the two columns explain, that the deviations must explain. */
  minimum_gain: float(-1, 1, 0.001),
  /** Rows of the overall mean (and variance) that every category is drawn towards. */
  smoothing: float(0, 1e6, 5),
}

/**
 * What a number is among the rows of a category: mean and standard deviation there, deviation from that mean, and the
 * category's share of the rows (group-by features of AutoGluon 1.6 and ChimeraBoost). A category never seen has the figures of
 * all rows and the share 0. Pairs are chosen by what the binned deviations explain of the target on the rows fitted on, after
 * the effects of the two columns are taken away.
 */
export const groupByFeatures: Combiner<GroupingState> = {
  stage: 'combine',
  name: 'group-by-features',
  summary: 'A number beside its mean and spread among the rows of the same category.',
  accepts: ['categorical', 'numeric'],
  usesTarget: true,
  space,
  fit(columns, params, context) {
    const chosen = choosePairs(columns, params, context)
    const keys = [...new Set(chosen.map(([key]) => key))].sort((a, b) => a - b)
    return keys.map((key): Grouping => {
      const values = chosen.filter(pair => pair[0] === key).map(pair => pair[1])
      const column = columns[key] as CategoricalColumn
      const { levels } = countLevels(column)
      const places = placesOf(column, levels)
      const numbers = values.map(place => (columns[place] as NumericColumn).values)
      const table = statistics(places, numbers, Number(params.smoothing))
      return { key, levels, values: Int32Array.from(values), table }
    })
  },
  uses: state => [...new Set(state.flatMap(({ key, values }) => [key, ...values]))].sort((a, b) => a - b),
  apply: (columns, state) => state.flatMap(grouping => applyGrouping(columns, grouping)),
  emit(state, graph, inputs) {
    const parts = state.map(grouping => emitGrouping(grouping, graph, inputs))
    return parts.length > 1 ? graph.op('Concat', parts, { axis: 1 }) : parts[0]
  },
}

const placesOf = (column: CategoricalColumn, levels: Levels): Places => ({
  of: levelRows(column, levels).map(level => level + 2),
  count: levels.keys.length + 2,
})

function applyGrouping(columns: readonly Column[], { key, levels, values, table }: Grouping): DenseFeature[] {
  const column = columns[key] as CategoricalColumn
  const { of } = placesOf(column, levels)
  const width = 1 + 2 * values.length
  const feature = (name: string, at: (place: number, row: number) => number): DenseFeature => ({
    kind: 'dense',
    name: `${name} ${column.name}`,
    values: Float32Array.from(of, (place, row) => at(place * width, row)),
  })
  const numbers = Array.from(values, place => columns[place] as NumericColumn)
  return [
    feature('share of', place => table[place]!),
    ...numbers.map(({ name }, j) => feature(`${name} mean by`, place => table[place + 1 + j]!)),
    ...numbers.map(({ name }, j) =>
      feature(`${name} deviation by`, place => table[place + 1 + numbers.length + j]!),
    ),
    ...numbers.map((column, j) =>
      feature(`${column.name} minus mean by`, (place, row) => {
        const value = Math.fround(column.values[row]!)
        return Number.isFinite(value) ? value - table[place + 1 + j]! : NaN
      }),
    ),
  ]
}

function emitGrouping(
  { key, levels, values, table }: Grouping,
  graph: Graph,
  inputs: readonly (Tensor | undefined)[],
): Tensor {
  const width = 1 + 2 * values.length
  const place = graph.op('Add', [emitLevels(levels, graph, inputs[key]!), graph.i64(2)])
  const rows = graph.constant(table, [table.length / width, width])
  const found = graph.op('Gather', [rows, graph.op('Reshape', [place, graph.i64(-1)])], { axis: 0 })
  const numbers = Array.from(values, column => inputs[column]!)
  const joined = numbers.length > 1 ? graph.op('Concat', numbers, { axis: 1 }) : numbers[0]!
  const clean = graph.op('Where', [notFinite(graph, joined), graph.f32(NaN), joined], {}, { type: 'float' })
  const means = graph.op('Slice', [found, graph.i64(1), graph.i64(1 + values.length), graph.i64(1)])
  const distance = graph.op('Sub', [graph.cast(clean, 'double'), means])
  return graph.cast(graph.op('Concat', [found, distance], { axis: 1 }), 'float')
}

/** Sums run over the numbers in ascending order, so that the order of rows cannot show in the last bits. */
function statistics(
  { of, count }: Places,
  numbers: readonly (Float32Array | Float64Array)[],
  smoothing: number,
): Float64Array {
  const width = 1 + 2 * numbers.length
  const table = new Float64Array(count * width)
  for (const place of of) table[place * width]! += 1 / of.length
  for (const [j, values] of numbers.entries()) {
    const rounded = Float32Array.from(values)
    const order = Int32Array.from(of.keys())
      .filter(row => Number.isFinite(rounded[row]!))
      .sort((a, b) => rounded[a]! - rounded[b]!)
    const all = moments(order, rounded, () => 0, 1)
    const mean = all.rows[0]! > 0 ? all.mean(0) : NaN
    const variance = all.rows[0]! > 0 ? all.squares[0]! / all.rows[0]! : NaN
    const each = moments(order, rounded, row => of[row]!, count)
    for (let place = 0; place < count; place++) {
      const rows = each.rows[place]!
      const none = rows + smoothing === 0
      const at = place * width + 1 + j
      table[at] = none ? mean : ((rows && rows * each.mean(place)) + smoothing * mean) / (rows + smoothing)
      const spread = none ? variance : (each.squares[place]! + smoothing * variance) / (rows + smoothing)
      table[at + numbers.length] = Math.sqrt(spread)
    }
  }
  return table
}

/** Rows, means and sums of squares around them, per place. */
function moments(order: Int32Array, values: Float32Array, placeOf: (row: number) => number, count: number) {
  const rows = new Float64Array(count)
  const sums = new Float64Array(count)
  const squares = new Float64Array(count)
  for (const row of order) {
    rows[placeOf(row)]!++
    sums[placeOf(row)]! += values[row]!
  }
  const mean = (place: number) => sums[place]! / rows[place]!
  for (const row of order) squares[placeOf(row)]! += (values[row]! - mean(placeOf(row))) ** 2
  return { rows, mean, squares }
}

/** Pairs of a category and a number, in the order of the columns. */
function choosePairs(
  columns: readonly Column[],
  params: Params,
  context: TransformContext,
): (readonly [number, number])[] {
  const { rows, outputs } = judgedRows(context, JUDGED_ROWS)
  const numeric = columns.flatMap((column, place) => {
    if (column.kind !== 'numeric') return []
    const values = float32At(column.values, rows)
    return [{ place, values, bins: binned(values, BINS) }]
  })
  const pairs = columns.flatMap((column, key) => {
    if (column.kind !== 'categorical') return []
    const { of, count } = placesOf(column, countLevels(column).levels)
    const places = { of: rows.map(row => of[row]!), count }
    return numeric.map(({ place, values, bins }) => {
      const apart = binned(deviations(places, values), BINS)
      return { pair: [key, place] as const, gain: explained(apart, without(places, bins, outputs)) }
    })
  })
  return pairs
    .filter(({ gain }) => gain >= Number(params.minimum_gain))
    .sort((x, y) => y.gain - x.gain || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1])
    .slice(0, Number(params.max_pairs))
    .map(({ pair }) => pair)
    .sort((x, y) => x[0] - y[0] || x[1] - y[1])
}

function deviations({ of, count }: Places, values: Float32Array): Float32Array {
  const order = Int32Array.from(values.keys()).filter(row => Number.isFinite(values[row]!))
  const { mean } = moments(order, values, row => of[row]!, count)
  return values.map((value, row) => value - mean(of[row]!))
}

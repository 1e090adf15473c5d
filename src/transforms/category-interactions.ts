import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { ML_DOMAIN } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { choice, float, int, when } from '../params/space.ts'
import { hashSeed } from '../util/rng.ts'
import type { Places } from './gain.ts'
import { crossed, explained, judgedRows, without } from './gain.ts'
import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows } from './levels.ts'
import type { LookupTable } from './tables.ts'
import { emitLookUp, lookUp, rowFeatures } from './tables.ts'
import { drawFolds, encodeOutOfFold, smoothedMeans, targetWidth } from './target-statistics.ts'
import type { Combiner, TransformContext } from './transform.ts'

type Encoding = 'codes' | 'frequency' | 'target-mean'

interface Pair {
  /** Places among `columns`. */
  readonly left: number
  readonly right: number
  /** Kept pairs of values, ascending: (level of left + 2) · (levels of right + 2) + (level of right + 2). */
  readonly keys: Float64Array
  /** Row-major (keys + 1) × width: any other pair, then each kept one. */
  readonly table: Float32Array
}

interface InteractionState {
  readonly encoding: Encoding
  readonly width: number
  /** Places of the columns that take part, and the values of each. */
  readonly columns: readonly number[]
  readonly levels: readonly Levels[]
  readonly pairs: readonly Pair[]
}

/** Rows × pairs of columns judged, about. */
const JUDGED_WORK = 4e6

const space = {
  encoding: choice(['target-mean', 'codes', 'frequency']),
  /** Most pairs of columns joined, those that explain most of the target. */
  max_pairs: int(1, 500, 10),
  /** Columns tried in pairs, those that explain most of the target alone. */
  max_columns: int(2, 200, 20),
  /** Least share of the target's variance, beyond what the two columns explain, that a pair must explain. */
  minimum_gain: float(-1, 1, 0.001),
  /** Fewest rows a pair of values needs; the others share one code. */
  threshold: int(1, 1_000_000, 2),
  /** Most pairs of values kept, the most frequent. */
  max_categories: int(1, 1_000_000, 10_000),
  smoothing: when('encoding', ['target-mean'], float(1e-3, 1e6, 10)),
  folds: when('encoding', ['target-mean'], int(2, 50, 5)),
}

/**
 * Two categories read as one, as TabPrep's categorical interactions (arXiv 2606.02384): which columns are joined is decided by
 * what their pairs explain of the target, on the rows fitted on and after the effects of the two columns are taken away. A
 * missing value is a value of its own here. Target means are out of fold on the rows fitted on, as `target-encoder`'s.
 */
export const categoryInteractions: Combiner<InteractionState> = {
  stage: 'combine',
  name: 'category-interactions',
  summary: 'Pairs of categories that tell more together than apart, as target mean, code or frequency.',
  accepts: LEVEL_KINDS,
  usesTarget: true,
  space,
  fit: (columns, params, context) => fitted(columns, params, context).state,
  fitApply(columns, params, context) {
    const { state, places } = fitted(columns, params, context)
    if (state.encoding !== 'target-mean') return { state, features: this.apply(columns, state) }
    const smoothing = Number(params.smoothing)
    const seed = hashSeed(context.seed, 'category-interactions')
    const features = state.pairs.flatMap((pair, p) => {
      const place = places[p]!
      const folds = drawFolds(place.length, Number(params.folds), seed)
      const encoded = encodeOutOfFold(place, state.width, folds, use =>
        smoothedMeans(place, pair.keys.length + 1, smoothing, context, use),
      )
      return featuresOf(columns, state, pair, encoded)
    })
    return { state, features }
  },
  uses: ({ columns }) => columns,
  apply(columns, state) {
    const rows = levelPlaces(columns, state)
    return state.pairs.flatMap(pair =>
      featuresOf(columns, state, pair, lookUp(pairPlaces(pair, rows), { ...pair, width: state.width })),
    )
  },
  emit(state, graph, inputs) {
    if (state.pairs.length === 0) return undefined
    const places = state.columns.map((column, i) =>
      graph.op('Add', [emitLevels(state.levels[i]!, graph, inputs[column]!), graph.i64(2)]),
    )
    const parts = state.pairs.map(pair => emitPair(pair, state, graph, places))
    return parts.length === 1 ? parts[0] : graph.op('Concat', parts, { axis: 1 })
  },
}

function emitPair(
  { left, right, keys, table }: Pair,
  { levels, width }: InteractionState,
  graph: Graph,
  places: readonly Tensor[],
): Tensor {
  const size = graph.i64(levels[right]!.keys.length + 2)
  const key = graph.op('Add', [graph.op('Mul', [places[left]!, size]), places[right]!])
  const place = graph.op(
    'LabelEncoder',
    [key],
    {
      keys_int64s: { ints: keys },
      values_int64s: { ints: Array.from(keys, (_, i) => i + 1) },
      default_int64: 0,
    },
    { domain: ML_DOMAIN, type: 'int64' },
  )
  return emitLookUp({ width, table }, graph, place)
}

function featuresOf(
  columns: readonly Column[],
  { columns: used, encoding }: InteractionState,
  { left, right, keys }: Pair,
  found: LookupTable,
): DenseFeature[] {
  const name = `${columns[used[left]!]!.name} × ${columns[used[right]!]!.name}`
  const suffix = { codes: '', frequency: ' frequency', 'target-mean': ' target mean' }[encoding]
  const features = rowFeatures(`${name}${suffix}`, found)
  return encoding === 'codes'
    ? features.map(feature => ({ ...feature, categories: keys.length + 1 }))
    : features
}

/** Place of the value of every row, per column that takes part: missing, unseen, then each level. */
const levelPlaces = (columns: readonly Column[], { columns: used, levels }: InteractionState): Places[] =>
  used.map((column, i) => ({
    of: levelRows(asLevelColumn(columns[column]!), levels[i]!).map(level => level + 2),
    count: levels[i]!.keys.length + 2,
  }))

/** 0 for a pair that is not kept, else its position among the keys + 1. */
function pairPlaces({ left, right, keys }: Pick<Pair, 'left' | 'right' | 'keys'>, rows: readonly Places[]) {
  const known = new Map(Array.from(keys, (key, i) => [key, i + 1]))
  const [first, second] = [rows[left]!, rows[right]!]
  return first.of.map((place, row) => known.get(place * second.count + second.of[row]!) ?? 0)
}

function fitted(columns: readonly Column[], params: Params, context: TransformContext) {
  const encoding = String(params.encoding) as Encoding
  const levels = columns.map(column => countLevels(asLevelColumn(column)).levels)
  const everywhere = columns.map((_, place) => place)
  const places = levelPlaces(columns, { columns: everywhere, levels } as unknown as InteractionState)
  const chosen = choosePairs(places, params, context)
  const used = [...new Set(chosen.flat())].sort((a, b) => a - b)
  const width = encoding === 'target-mean' ? targetWidth(context) : 1
  const usedPlaces = used.map(column => places[column]!)
  const found = chosen.flatMap(([a, b]) => {
    const sides = { left: used.indexOf(a), right: used.indexOf(b) }
    const keys = frequentKeys(usedPlaces[sides.left]!, usedPlaces[sides.right]!, params)
    if (keys.length === 0) return []
    const rows = pairPlaces({ ...sides, keys }, usedPlaces)
    return [{ pair: { ...sides, keys, table: tableOf(encoding, rows, keys, params, context) }, rows }]
  })
  const state: InteractionState = {
    encoding,
    width,
    columns: used,
    levels: used.map(column => levels[column]!),
    pairs: found.map(({ pair }) => pair),
  }
  return { state, places: found.map(({ rows }) => rows) }
}

function tableOf(
  encoding: Encoding,
  rows: Int32Array,
  keys: Float64Array,
  params: Params,
  context: TransformContext,
): Float32Array {
  if (encoding === 'target-mean')
    return smoothedMeans(rows, keys.length + 1, Number(params.smoothing), context)
  if (encoding === 'codes') return Float32Array.from([keys.length, ...keys.keys()])
  const counts = new Float64Array(keys.length + 1)
  for (const place of rows) counts[place]!++
  return Float32Array.from(counts, (count, place) => (place === 0 ? 0 : count / rows.length))
}

/** Pairs of values that stand often enough, ascending. */
function frequentKeys(first: Places, second: Places, params: Params): Float64Array {
  const counts = new Map<number, number>()
  for (let row = 0; row < first.of.length; row++) {
    const key = first.of[row]! * second.count + second.of[row]!
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const kept = [...counts]
    .filter(([, count]) => count >= Number(params.threshold))
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, Number(params.max_categories))
  return Float64Array.from(kept, ([key]) => key).sort()
}

/** The pairs of columns that explain most of the target beyond their own effects. */
function choosePairs(
  all: readonly Places[],
  params: Params,
  context: TransformContext,
): (readonly [number, number])[] {
  const tried = Math.min(all.length, Number(params.max_columns))
  const rows = Math.max(2000, Math.ceil(JUDGED_WORK / Math.max(1, (tried * (tried - 1)) / 2)))
  const judged = judgedRows(context, rows)
  const places = all.map(({ of, count }) => ({ of: judged.rows.map(row => of[row]!), count }))
  const alone = places.map(one => explained(one, judged.outputs))
  const chosen = [...all.keys()]
    .sort((a, b) => alone[b]! - alone[a]! || a - b)
    .slice(0, tried)
    .sort((a, b) => a - b)
  return chosen
    .flatMap((a, i) =>
      chosen.slice(i + 1).map(b => {
        const rest = without(places[a]!, places[b]!, judged.outputs)
        return { pair: [a, b] as const, gain: explained(crossed(places[a]!, places[b]!), rest) }
      }),
    )
    .filter(({ gain }) => gain >= Number(params.minimum_gain))
    .sort((x, y) => y.gain - x.gain || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1])
    .slice(0, Number(params.max_pairs))
    .map(({ pair }) => pair)
    .sort((x, y) => x[0] - y[0] || x[1] - y[1])
}

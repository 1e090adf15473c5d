import type { DenseFeature, Features } from '../../data/features.ts'
import { categoryKeys, type CategoryEncoder } from '../../models/category-encoders.ts'
import type { Rng } from '../../util/rng.ts'
import type { Examples, TrainingData } from '../algorithm.ts'

const SMOOTHING = 1 // rows of the overall mean added to every category
const PERMUTATIONS = 4
const FEW_LEVELS = 2 // up to here a code is as good as a number
const MAX_PAIRED = 12 // columns that are also encoded two by two
const MAX_ENCODERS = 160
const MAX_KEY = 2 ** 31

/** Features with statistics in place of categories, in several versions of which a tree sees one. */
export interface EncodedData {
  readonly data: TrainingData
  /** Columns of each version. */
  readonly views: readonly (readonly number[])[]
  /** For prediction: statistics over all rows. */
  readonly encoders: readonly CategoryEncoder[]
  /** Position in prediction (given columns, then encoders) of a column of `data`. */
  columnOf(column: number): number
}

interface Plan {
  readonly columns: readonly number[]
  readonly sizes: readonly number[]
  /** The class whose share is taken; −1: the mean target; 'count': how often the key occurs. */
  readonly of: number | 'count'
}

/**
 * Ordered target statistics (Prokhorenkova et al. 2018, §4): a row's category is replaced by the mean target of the rows of the
 * same category that come before it in a random order, so that no row sees its own target. Each tree uses one of four orders.
 */
export function encodeCategories(data: TrainingData, rng: Rng): EncodedData | undefined {
  const plans = planEncoders(data)
  if (plans.length === 0) return undefined
  const { rows, columns } = data.features
  const width = columns.length
  const keys = plans.map(plan => categoryKeys(plan, data.features))
  const encoders = plans.map((plan, e) => overall(plan, keys[e]!, data))
  const names = plans.map((plan, e) => `encoded ${e} of ${plan.columns.join(' and ')}`)
  const dense = (name: string, values: Float32Array): DenseFeature => ({ kind: 'dense', name, values })
  const everyRow = Int32Array.from({ length: rows }, (_, row) => row)
  const versions = Array.from({ length: PERMUTATIONS }, () => rng.shuffle([...everyRow])).map(order =>
    plans.map((plan, e) =>
      dense(
        names[e]!,
        plan.of === 'count' ? lookUp(encoders[e]!, keys[e]!) : ordered(plan.of, keys[e]!, order, data),
      ),
    ),
  )
  const replaced = new Set(plans.flatMap(plan => plan.columns))
  const kept = Array.from(columns.keys()).filter(column => !replaced.has(column))
  const views = versions.map((_, version) => [
    ...kept,
    ...plans.map(({ of }, e) => width + (of === 'count' ? 0 : version) * plans.length + e),
  ])
  const extended: Features = { rows, columns: [...columns, ...versions.flat()] }
  const { validation } = data
  return {
    data: {
      ...data,
      features: extended,
      ...(validation ? { validation: encodeAll(validation, encoders, plans) } : {}),
    },
    views,
    encoders,
    columnOf: column => (column < width ? column : width + ((column - width) % plans.length)),
  }
}

/** One statistic per category column and class, how common a value is, and pairs of columns where those are few. */
function planEncoders({ task, classes, features: { columns } }: TrainingData): Plan[] {
  const found = columns.flatMap((feature, column) =>
    feature.kind === 'dense' && (feature.categories ?? 0) > FEW_LEVELS
      ? [{ column, size: feature.categories! }]
      : [],
  )
  const targets =
    task === 'multiclass' ? Array.from({ length: classes }, (_, k) => k) : task === 'binary' ? [1] : [-1]
  const plans = found.flatMap(({ column, size }) =>
    [...targets, 'count' as const].map((of): Plan => ({ columns: [column], sizes: [size], of })),
  )
  const single = targets.length === 1 && found.length <= MAX_PAIRED
  const pairs = found.flatMap((a, i) =>
    found
      .slice(i + 1)
      .flatMap((b): Plan[] =>
        single && (a.size + 1) * (b.size + 1) < MAX_KEY
          ? [{ columns: [a.column, b.column], sizes: [a.size, b.size], of: targets[0]! }]
          : [],
      ),
  )
  return [...plans.slice(0, Math.max(MAX_ENCODERS, found.length)), ...pairs]
}

const valueOf = (of: number, target: number): number => (of < 0 ? target : target === of ? 1 : 0)
const weightOf = ({ weights }: Examples, row: number): number => (weights ? weights[row]! : 1)

function meanOf(of: number, data: Examples): number {
  let sum = 0
  let total = 0
  for (let row = 0; row < data.target.length; row++) {
    sum += weightOf(data, row) * valueOf(of, data.target[row]!)
    total += weightOf(data, row)
  }
  return sum / total
}

/** Statistics from the rows that come earlier in `order`. */
function ordered(of: number, keys: Int32Array, order: readonly number[], data: Examples): Float32Array {
  const prior = meanOf(of, data)
  const sums = new Map<number, { sum: number; weight: number }>()
  const values = new Float32Array(keys.length)
  for (const row of order) {
    const key = keys[row]!
    let seen = sums.get(key)
    if (!seen) sums.set(key, (seen = { sum: 0, weight: 0 }))
    values[row] = (seen.sum + SMOOTHING * prior) / (seen.weight + SMOOTHING)
    seen.sum += weightOf(data, row) * valueOf(of, data.target[row]!)
    seen.weight += weightOf(data, row)
  }
  return values
}

/** Statistics from all rows. */
function overall({ columns, sizes, of }: Plan, keys: Int32Array, data: Examples): CategoryEncoder {
  const prior = of === 'count' ? 0 : meanOf(of, data)
  const sums = new Map<number, { sum: number; weight: number }>()
  for (let row = 0; row < keys.length; row++) {
    const seen = sums.get(keys[row]!) ?? { sum: 0, weight: 0 }
    if (of !== 'count') seen.sum += weightOf(data, row) * valueOf(of, data.target[row]!)
    seen.weight += weightOf(data, row)
    sums.set(keys[row]!, seen)
  }
  const known = Int32Array.from(sums.keys()).sort()
  return {
    columns,
    sizes,
    keys: known,
    values: Float32Array.from(known, key => {
      const { sum, weight } = sums.get(key)!
      return of === 'count' ? weight : (sum + SMOOTHING * prior) / (weight + SMOOTHING)
    }),
    fallback: prior,
  }
}

function lookUp({ keys: known, values, fallback }: CategoryEncoder, keys: Int32Array): Float32Array {
  const found = new Map<number, number>()
  for (let i = 0; i < known.length; i++) found.set(known[i]!, values[i]!)
  return Float32Array.from(keys, key => found.get(key) ?? fallback)
}

/** Validation rows as prediction will see them, the same in every version. */
function encodeAll(
  examples: Examples,
  encoders: readonly CategoryEncoder[],
  plans: readonly Plan[],
): Examples {
  const { features } = examples
  const encoded = encoders.map((encoder, e): DenseFeature => ({
    kind: 'dense',
    name: `encoded ${e}`,
    values: lookUp(encoder, categoryKeys(plans[e]!, features)),
  }))
  const versions = Array.from({ length: PERMUTATIONS }, () => encoded).flat()
  return { ...examples, features: { rows: features.rows, columns: [...features.columns, ...versions] } }
}

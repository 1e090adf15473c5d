import { denseValues, type Feature, type Features } from '../../data/features.ts'
import { entryValue, type Embedding, type Network, type OneHot } from '../../onnx/network.ts'
import { embedding } from '../../neural/build.ts'
import type { Rng } from '../../util/rng.ts'

/** More numbers than that with vectors of their own would make the first layer the whole net. */
export const MOST_EMBEDDED = 128
const LEVELS_SAMPLE = 2000

export interface Columns {
  /** Features read as numbers; the first `embedded` of them are quantities that get vectors of their own. */
  readonly numeric: Int32Array
  readonly embedded: number
  readonly oneHots: readonly OneHot[]
  readonly embeddings: readonly Embedding[]
}

interface CategoryRules {
  /** Most values of a category that gets a column per value; others get a learnt vector. */
  readonly oneHotUpTo: number
  readonly width: number
  readonly rng: Rng
}

/** Which features enter a net how: quantities, other numbers, categories of few values, categories of many. */
export function sortColumns({ columns, rows }: Features, { oneHotUpTo, width, rng }: CategoryRules): Columns {
  const all = [...columns.entries()]
  const categoriesOf = (column: Feature) => (column.kind === 'dense' ? (column.categories ?? 0) : 0)
  const numbers = all.filter(([, column]) => categoriesOf(column) === 0)
  const quantities = numbers.filter(([, column]) => isQuantity(column, rows))
  const embedded = quantities.length <= MOST_EMBEDDED ? quantities : []
  const others = numbers.filter(entry => !embedded.includes(entry))
  const categories = all.filter(([, column]) => categoriesOf(column) > 0)
  return {
    numeric: Int32Array.from([...embedded, ...others], ([j]) => j),
    embedded: embedded.length,
    oneHots: categories
      .filter(([, column]) => categoriesOf(column) <= oneHotUpTo)
      .map(([feature, column]) => ({ feature, categories: categoriesOf(column) })),
    embeddings: categories
      .filter(([, column]) => categoriesOf(column) > oneHotUpTo)
      .map(([feature, column]) => embedding(feature, categoriesOf(column), width, rng)),
  }
}

/** More than two values in the first rows. */
function isQuantity(column: Feature, rows: number): boolean {
  if (column.kind === 'sparse') return false
  const seen = new Set<number>()
  for (let row = 0; row < Math.min(rows, LEVELS_SAMPLE) && seen.size < 3; row++) seen.add(column.values[row]!)
  return seen.size > 2
}

/** The values of the first `count` numbers as the layers see them. */
export function enteredValues(features: Features, net: Network, count: number): Float32Array[] {
  return Array.from(net.numeric.subarray(0, count), (j, position) =>
    denseValues(features.columns[j]!, features.rows).map(value => entryValue(net, position, value)),
  )
}

import type { CategoricalColumn, Column } from '../data/dataset.ts'
import type { Coded, Ordered } from './association.ts'
import { correlationRatio, cramersV, orderValues, pearson, spearman } from './association.ts'
import type { Associations } from './profile.ts'

/** Categories beyond the most frequent ones are taken together, so that a table of counts stays small. */
const MAX_LEVELS = 200

type Side =
  | { readonly type: 'numeric'; readonly name: string; readonly ordered: Ordered }
  | { readonly type: 'categorical'; readonly name: string; readonly coded: Coded }

/** How each pair of columns hangs together: by ranks, by counts, or by means, as their kinds ask for. */
export function associate(columns: readonly Column[], rows: number): Associations | undefined {
  const sides = columns.flatMap(column => side(column) ?? [])
  if (sides.length < 2) return undefined
  const pairs = sides.flatMap((second, j) => sides.slice(0, j).map(first => measure(first, second)))
  return {
    columns: sides.map(({ name, type }) => ({ name, type })),
    pairs: pairs.filter(pair => Number.isFinite(pair.value)),
    rows,
    error: 1 / Math.sqrt(Math.max(2, rows) - 1),
  }
}

function side(column: Column): Side | undefined {
  if (column.kind === 'numeric')
    return { type: 'numeric', name: column.name, ordered: orderValues(column.values) }
  if (column.kind === 'categorical')
    return { type: 'categorical', name: column.name, coded: frequentLevels(column) }
  return undefined
}

function frequentLevels({ codes, categories }: CategoricalColumn): Coded {
  if (categories.length <= MAX_LEVELS) return { codes, levels: categories.length }
  const counts = new Float64Array(categories.length)
  for (const code of codes) if (code >= 0) counts[code]!++
  const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)
  const rank = new Int32Array(categories.length)
  order.forEach((code, i) => (rank[code] = Math.min(i, MAX_LEVELS - 1)))
  return { codes: codes.map(code => (code < 0 ? -1 : rank[code]!)), levels: MAX_LEVELS }
}

function measure(first: Side, second: Side): Associations['pairs'][number] {
  const names = { first: first.name, second: second.name }
  if (first.type === 'numeric' && second.type === 'numeric') {
    const r = pearson(first.ordered.values, second.ordered.values)
    const value = spearman(first.ordered, second.ordered)
    return { ...names, measure: 'spearman', value, ...(Number.isFinite(r) && { pearson: r }) }
  }
  if (first.type === 'categorical' && second.type === 'categorical')
    return { ...names, measure: 'cramers-v', value: cramersV(first.coded, second.coded) }
  const [categories, numbers] =
    first.type === 'categorical'
      ? ([first.coded, (second as Side & { type: 'numeric' }).ordered] as const)
      : ([(second as Side & { type: 'categorical' }).coded, first.ordered] as const)
  return { ...names, measure: 'correlation-ratio', value: correlationRatio(categories, numbers.values) }
}

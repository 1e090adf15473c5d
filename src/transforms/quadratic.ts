import type { DenseFeature } from '../data/features.ts'
import { denseValues } from '../data/features.ts'
import { int } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { FeatureTransform } from './transform.ts'

interface QuadraticState {
  /** Feature numbers of the factors of each product. */
  readonly left: Int32Array
  readonly right: Int32Array
}

/** The features, then their squares, then products of two: all of them, or a seeded choice when there are too many. */
export const quadratic: FeatureTransform<QuadraticState> = {
  stage: 'features',
  name: 'quadratic',
  summary: 'Adds squares and products of two features, at most max_n_features in all.',
  space: { max_n_features: int(1, 10_000, 1000) },
  fit({ columns }, { max_n_features }, { seed }) {
    const width = columns.length
    const room = Math.max(0, Number(max_n_features) - width)
    const squares = Math.min(width, room)
    const pairs: [number, number][] = Array.from({ length: squares }, (_, j) => [j, j])
    const products: [number, number][] = []
    for (let a = 0; a < width; a++) for (let b = a + 1; b < width; b++) products.push([a, b])
    if (products.length > room - squares) createRng(hashSeed(seed, 'quadratic')).shuffle(products)
    const chosen = products.slice(0, room - squares).sort(([a, b], [c, d]) => a - c || b - d)
    const all = [...pairs, ...chosen]
    return { left: Int32Array.from(all, pair => pair[0]), right: Int32Array.from(all, pair => pair[1]) }
  },
  apply({ rows, columns }, { left, right }) {
    const dense = new Map<number, Float32Array>()
    const values = (j: number) => {
      if (!dense.has(j)) dense.set(j, denseValues(columns[j]!, rows))
      return dense.get(j)!
    }
    const products = Array.from(left, (a, i): DenseFeature => {
      const [x, y] = [values(a), values(right[i]!)]
      return {
        kind: 'dense',
        name: `${columns[a]!.name} × ${columns[right[i]!]!.name}`,
        values: x.map((value, row) => value * y[row]!),
      }
    })
    return { rows, columns: [...columns, ...products] }
  },
  emit({ left, right }, graph, input) {
    if (left.length === 0) return input
    const pick = (places: Int32Array) =>
      graph.cast(graph.op('Gather', [input, graph.i64(...places)], { axis: 1 }), 'double')
    const products = graph.cast(graph.op('Mul', [pick(left), pick(right)]), 'float')
    return graph.op('Concat', [input, products], { axis: 1 })
  },
}

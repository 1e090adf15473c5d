import { denseValues, type DenseFeature, type Features } from '../data/features.ts'
import { type Graph, ML_DOMAIN, type Tensor } from '../onnx/graph.ts'

/**
 * A feature made from category codes: one column, or several together. The key of a row is its code, or
 * `first · (sizes[1] + 1) + second`, and so on, a whole number below 2^53; a missing code counts as `size`. Keys not listed have
 * the value `fallback`.
 */
export interface CategoryEncoder {
  readonly columns: readonly number[]
  /** Number of codes of each column. */
  readonly sizes: readonly number[]
  /** Ascending. */
  readonly keys: Float64Array | Int32Array
  readonly values: Float32Array
  readonly fallback: number
}

/** The key of every row. Codes outside 0 … size − 1 count as missing. */
export function categoryKeys(
  { columns, sizes }: Pick<CategoryEncoder, 'columns' | 'sizes'>,
  features: Features,
): Float64Array {
  const keys = new Float64Array(features.rows)
  for (const [i, column] of columns.entries()) {
    const codes = denseValues(features.columns[column]!, features.rows)
    const size = sizes[i]!
    for (let row = 0; row < keys.length; row++) {
      const code = codes[row]!
      keys[row] = keys[row]! * (size + 1) + (code >= 0 && code < size ? Math.trunc(code) : size)
    }
  }
  return keys
}

/** The features with those of the encoders behind them. */
export function appendEncoded(features: Features, encoders: readonly CategoryEncoder[]): Features {
  const encoded = encoders.map((encoder, i): DenseFeature => {
    const valueOf = new Map<number, number>()
    for (let k = 0; k < encoder.keys.length; k++) valueOf.set(encoder.keys[k]!, encoder.values[k]!)
    const fallback = Math.fround(encoder.fallback)
    const values = new Float32Array(features.rows)
    const keys = categoryKeys(encoder, features)
    for (let row = 0; row < keys.length; row++) values[row] = valueOf.get(keys[row]!) ?? fallback
    return { kind: 'dense', name: `encoded ${i}`, values }
  })
  return { rows: features.rows, columns: [...features.columns, ...encoded] }
}

/** The same as ONNX nodes: codes to keys, keys to values by LabelEncoder, values as further columns. */
export function emitEncoded(encoders: readonly CategoryEncoder[], graph: Graph, features: Tensor): Tensor {
  const codeOf = (column: number, size: number): Tensor => {
    const raw = graph.op('Gather', [features, graph.i64(column)], { axis: 1 })
    const least = graph.op('GreaterOrEqual', [raw, graph.f32(0)], {}, { type: 'bool' })
    const most = graph.op('Less', [raw, graph.f32(size)], {}, { type: 'bool' })
    const known = graph.op('And', [least, most], {}, { type: 'bool' })
    return graph.cast(graph.op('Where', [known, raw, graph.f32(size)], {}, { type: 'float' }), 'int64')
  }
  const encoded = encoders.map(({ columns, sizes, keys, values, fallback }) => {
    let key = codeOf(columns[0]!, sizes[0]!)
    for (let i = 1; i < columns.length; i++) {
      const shifted = graph.op('Mul', [key, graph.i64(sizes[i]! + 1)])
      key = graph.op('Add', [shifted, codeOf(columns[i]!, sizes[i]!)])
    }
    return graph.op(
      'LabelEncoder',
      [key],
      {
        keys_int64s: { ints: keys },
        values_floats: { floats: values },
        default_float: { float: Math.fround(fallback) },
      },
      { domain: ML_DOMAIN, type: 'float' },
    )
  })
  return graph.op('Concat', [features, ...encoded], { axis: 1 })
}

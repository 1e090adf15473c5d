import type { ModelData, ModelKind } from './model.ts'

/** The same outputs for every row. */
export interface ConstantModel extends ModelData {
  readonly kind: 'constant'
  /** Probabilities that sum to 1, or one value. */
  readonly values: Float64Array
}

export const constant: ModelKind<ConstantModel> = {
  kind: 'constant',
  async predict({ values, outputs }, { rows }) {
    const result = new Float64Array(rows * outputs)
    for (let row = 0; row < rows; row++) result.set(values, row * outputs)
    return result
  },
  emit({ values, outputs }, graph, features) {
    const count = graph.op('Shape', [features], { start: 0, end: 1 }, { type: 'int64' })
    const shape = graph.op('Concat', [count, graph.i64(outputs)], { axis: 0 })
    return graph.op('Expand', [graph.constant(values, [1, outputs]), shape])
  },
}

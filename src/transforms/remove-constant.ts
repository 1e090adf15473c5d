import type { Feature } from '../data/features.ts'
import type { FeatureTransform } from './transform.ts'

interface KeptState {
  /** Numbers of the features kept, ascending. */
  readonly kept: Int32Array
}

function varies(feature: Feature, rows: number): boolean {
  const { values } = feature
  if (feature.kind === 'sparse' && values.length < rows) return values.some(value => value !== 0)
  return values.some(value => value !== values[0] && !(Number.isNaN(value) && Number.isNaN(values[0])))
}

/** Drops features that have one value only; one stays when none varies. */
export const removeConstant: FeatureTransform<KeptState> = {
  stage: 'features',
  name: 'remove-constant',
  summary: 'Drops features that have the same value in every row.',
  space: {},
  fit({ rows, columns }) {
    const kept = [...columns.keys()].filter(j => varies(columns[j]!, rows))
    return { kept: Int32Array.from(kept.length > 0 || columns.length === 0 ? kept : [0]) }
  },
  apply: ({ rows, columns }, { kept }) => ({ rows, columns: Array.from(kept, j => columns[j]!) }),
  emit: ({ kept }, graph, input) => graph.op('Gather', [input, graph.i64(...kept)], { axis: 1 }),
}

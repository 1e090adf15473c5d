import type { Column, Dataset } from '../../src/data/dataset.ts'
import type { Features } from '../../src/data/features.ts'
import { denseValues } from '../../src/data/features.ts'
import type { ColumnSchema, TableSchema, TaskSchema } from '../../src/data/schema.ts'
import type { ModelData, ModelKind } from '../../src/models/model.ts'
import type { TransformPlan } from '../../src/pipeline/features.ts'
import { fitTransforms } from '../../src/pipeline/features.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import { createRng } from '../../src/util/rng.ts'
import { allRows, categorical, datetime, numeric, table, text } from '../transforms/columns.ts'

/** Scores = features · weights, then softmax (or the score itself): a model small enough to be read here. */
export interface ToyModel extends ModelData {
  readonly kind: 'toy'
  /** Row-major features × outputs. */
  readonly weights: Float64Array
}

export const toyKind: ModelKind<ToyModel> = {
  kind: 'toy',
  predict({ outputs, weights }, { rows, columns }) {
    const dense = columns.map(column => denseValues(column, rows))
    const result = new Float64Array(rows * outputs)
    for (let row = 0; row < rows; row++) {
      const scores = Array.from({ length: outputs }, (_, k) =>
        dense.reduce((sum, values, j) => sum + (values[row]! || 0) * weights[j * outputs + k]!, 0),
      )
      const most = Math.max(...scores)
      const powers = outputs === 1 ? scores : scores.map(score => Math.exp(score - most))
      const total = outputs === 1 ? 1 : powers.reduce((sum, power) => sum + power, 0)
      for (let k = 0; k < outputs; k++) result[row * outputs + k] = powers[k]! / total
    }
    return Promise.resolve(result)
  },
  emit({ outputs, weights }, graph, features) {
    const missing = graph.op('IsNaN', [features], {}, { type: 'bool' })
    const known = graph.op('Where', [missing, graph.f32(0), features], {}, { type: 'float' })
    const table = graph.constant(weights, [weights.length / outputs, outputs])
    const scores = graph.op('MatMul', [graph.cast(known, 'double'), table])
    return outputs === 1 ? scores : graph.op('Softmax', [scores], { axis: 1 })
  },
}

export function toyModel({ columns }: Features, outputs: number, seed: number): ToyModel {
  const rng = createRng(seed)
  return {
    kind: 'toy',
    outputs,
    weights: Float64Array.from({ length: columns.length * outputs }, () => rng.normal()),
  }
}

export const ROWS = 60

/** One column of each kind, with gaps; names that are hard to carry. */
export function toyDataset(seed = 1, rows = ROWS): Dataset {
  const rng = createRng(seed)
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
  const make = <T>(value: (row: number) => T) => Array.from({ length: rows }, (_, row) => value(row))
  return table(rows, [
    numeric(
      'age',
      make(row => (row % 9 === 4 ? NaN : 20 + rng.int(60))),
    ),
    numeric(
      'probability',
      make(() => rng.normal()),
    ),
    categorical(
      'city "of" birth',
      make(row => (row % 7 === 3 ? undefined : pick(['Rome', 'Oslo', 'Ürümqi', 'a,b']))),
    ),
    text(
      'review',
      make(row =>
        row % 11 === 5 ? undefined : `${pick(['Good', 'bad', 'so-so'])} ${pick(['food.', 'ROOM!', 'view'])}`,
      ),
    ),
    datetime(
      'when',
      make(row => (row % 13 === 6 ? NaN : Date.UTC(2021, 0, 1 + rng.int(900), rng.int(24)))),
    ),
    numeric(
      'never used',
      make(() => rng.next()),
    ),
  ])
}

export const toyPlan: TransformPlan = {
  groups: [
    {
      name: 'numeric',
      columns: ['age', 'probability'],
      encode: [
        { transform: 'robust-imputer', params: { strategy: 'median' } },
        { transform: 'missing-indicator', params: {} },
      ],
      then: [{ transform: 'robust-standard-scaler', params: {} }],
    },
    {
      name: 'categorical',
      columns: ['city "of" birth'],
      encode: [{ transform: 'threshold-one-hot', params: { threshold: 3 } }],
      then: [],
    },
    { name: 'text', columns: ['review'], encode: [{ transform: 'tfidf', params: {} }], then: [] },
    {
      name: 'datetime',
      columns: ['when'],
      encode: [{ transform: 'datetime-vectorizer', params: { mode: 'cyclic' } }],
      then: [{ transform: 'feature-imputer', params: {} }],
    },
  ],
  merged: [{ transform: 'robust-standard-scaler', params: {} }],
}

export const schemaOf = (dataset: Dataset): TableSchema => ({
  columns: dataset.columns.map(({ name, kind }: Column): ColumnSchema => ({
    name,
    kind,
    use: 'feature',
    reason: 'made for a test',
    missing: [],
  })),
})

export const TASKS: Readonly<Record<string, TaskSchema>> = {
  binary: { task: 'binary', target: 'bought', classes: ['no', 'yes'] },
  multiclass: { task: 'multiclass', target: 'kind', classes: ['red', 'grün', 'b"l,ue'] },
  regression: { task: 'regression', target: 'price', classes: [] },
}

/** A pipeline of members fitted on different rows, two of which share their transforms. */
export function toyPipeline(task: TaskSchema, plan: TransformPlan = toyPlan, members = 3): Pipeline {
  const dataset = toyDataset()
  const rng = createRng(9)
  const outputs = task.classes.length || 1
  const target = Float64Array.from({ length: ROWS }, () => (outputs > 1 ? rng.int(outputs) : rng.normal()))
  const fit = (rows: Int32Array) =>
    fitTransforms(plan, dataset, rows, {
      seed: 4,
      task: task.task,
      classes: task.classes.length,
      target: target.filter((_, row) => rows.includes(row)),
    })
  const all = fit(allRows(ROWS))
  const half = fit(allRows(ROWS).filter(row => row % 2 === 0))
  const parts = [all, half, all].slice(0, members)
  return {
    formatVersion: 1,
    task,
    table: schemaOf(dataset),
    members: parts.map(({ fitted, features }, i) => ({
      weight: i + 1,
      transforms: fitted,
      model: toyModel(features, outputs, i),
    })),
  }
}

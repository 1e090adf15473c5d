import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gbtLeafwise } from '../src/algorithms/gbt-leafwise.ts'
import { writeModel } from '../src/artifact/index.ts'
import type { Column, Dataset } from '../src/data/dataset.ts'
import { readDataset } from '../src/data/read.ts'
import type { TransformPlan } from '../src/pipeline/features.ts'
import { applyTransforms, fitTransforms } from '../src/pipeline/features.ts'
import { openOnnxModel } from '../src/pipeline/onnx-model.ts'
import { predictPipeline } from '../src/pipeline/pipeline.ts'
import { createRng } from '../src/util/rng.ts'
import {
  benchOptions,
  finish,
  interleave,
  measurementLine,
  note,
  pythonVersions,
  pythonPath,
  startPython,
  type Ratio,
  ratio,
} from './harness.ts'

// Seconds to fit and apply the usual transforms beside scikit-learn's ColumnTransformer, and to predict with the exported model
// beside LightGBM's own predict on an equal forest. One thread each.

const { quick, json } = benchOptions()
const versions = pythonVersions(['sklearn', 'lightgbm'])
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
const python =
  Object.keys(versions).length === 2
    ? startPython<PeerAnswer>('bench/peers/predict.py', { OPENBLAS_NUM_THREADS: '1' })
    : undefined
const ratios: Ratio[] = []

const save = (name: string, values: Float32Array | Float64Array | Int32Array): string => {
  const path = join(folder, name)
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return path
}

interface PeerAnswer {
  readonly fit: number
  readonly apply: number
}

/** Numbers with gaps and categories with gaps. */
function mixedTable(rows: number, numeric: number, categorical: number): Dataset {
  const rng = createRng(0x9e3779b9)
  const numbers = new Float64Array(rows * numeric)
  for (let i = 0; i < numbers.length; i++) numbers[i] = rng.next() < 0.05 ? NaN : rng.normal() * 10 + 40
  const codes = new Int32Array(rows * categorical)
  for (let j = 0; j < categorical; j++) {
    const levels = 2 + j * 6
    for (let row = 0; row < rows; row++) codes[j * rows + row] = rng.next() < 0.05 ? -1 : rng.int(levels)
  }
  const columns: Column[] = []
  for (let j = 0; j < numeric; j++) {
    columns.push({ kind: 'numeric', name: `n${j}`, values: numbers.subarray(j * rows, (j + 1) * rows) })
  }
  for (let j = 0; j < categorical; j++) {
    const categories = Array.from({ length: 2 + j * 6 }, (_, code) => `level ${code}`)
    columns.push({
      kind: 'categorical',
      name: `c${j}`,
      categories,
      codes: codes.subarray(j * rows, (j + 1) * rows),
    })
  }
  return { name: `${rows / 1000}k × ${numeric + categorical}`, rows, columns } satisfies Dataset
}

/** The feature columns of adult, when there are real tables. */
async function adultTable(): Promise<Dataset | undefined> {
  const path = join(process.env['GLASSPILOT_DATASETS'] ?? '', 'adult_train.csv.gz')
  if (!existsSync(path)) {
    note('adult is left out: set GLASSPILOT_DATASETS to the folder of adult_train.csv.gz')
    return undefined
  }
  const { dataset } = await readDataset(path)
  const columns = dataset.columns.filter(({ name }) => name !== 'class')
  return {
    name: `adult, ${Math.round(dataset.rows / 1000)}k × ${columns.length}`,
    rows: dataset.rows,
    columns,
  }
}

/** The table as the peer reads it: all numbers, then all codes, column after column. */
function peerFiles({ name, rows, columns }: Dataset) {
  const numbers = columns.flatMap(column => (column.kind === 'numeric' ? [column.values] : []))
  const codes = columns.flatMap(column => (column.kind === 'categorical' ? [column.codes] : []))
  const joined = new Float64Array(numbers.length * rows)
  for (const [j, values] of numbers.entries()) joined.set(values, j * rows)
  const all = new Int32Array(codes.length * rows)
  for (const [j, values] of codes.entries()) all.set(values, j * rows)
  const slug = name.replace(/\W+/g, '-')
  return {
    rows,
    numeric: numbers.length,
    categorical: codes.length,
    numbers: save(`numbers-${slug}`, joined),
    codes: save(`codes-${slug}`, all),
  }
}

const allRows = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row)
const step = (transform: string, params = {}) => ({ transform, params })
const named = ({ columns }: Dataset, kind: Column['kind']) =>
  columns.filter(column => column.kind === kind).map(({ name }) => name)

async function benchTransforms(dataset: Dataset): Promise<void> {
  const files = peerFiles(dataset)
  const { rows } = dataset
  const plan: TransformPlan = {
    groups: [
      {
        name: 'numeric',
        columns: named(dataset, 'numeric'),
        encode: [step('robust-imputer')],
        then: [step('robust-standard-scaler')],
      },
      {
        name: 'categorical',
        columns: named(dataset, 'categorical'),
        encode: [step('threshold-one-hot', { threshold: 10 })],
        then: [],
      },
    ],
    merged: [],
  }
  const context = { seed: 1, task: 'binary' as const, classes: 2, target: new Float64Array(rows) }
  const ours = () => {
    const start = performance.now()
    const { fitted, features } = fitTransforms(plan, dataset, allRows(rows), context)
    const between = performance.now()
    const again = applyTransforms(fitted, dataset)
    const apply = (performance.now() - between) / 1000
    return {
      sink: features.columns.length + again.rows,
      seconds: (between - start) / 1000,
      quality: { apply },
    }
  }
  const theirs = async () => {
    const { fit, apply } = await python!.ask({ task: 'transform', ...files })
    return { sink: fit, seconds: fit, quality: { apply } }
  }
  const contenders = [
    { name: 'glasspilot transforms', run: ours },
    ...(python ? [{ name: 'ColumnTransformer', run: theirs }] : []),
  ]
  note(`impute, scale, one-hot: ${dataset.name}`)
  const [mine, peer] = await interleave(contenders)
  for (const measurement of [mine, peer]) if (measurement) note(measurementLine(measurement))
  if (!peer) return
  ratios.push(ratio(`fit and apply, ${dataset.name}`, mine!.seconds, peer.seconds, 1))
  ratios.push(ratio(`apply, ${dataset.name}`, mine!.quality['apply']!, peer.quality['apply']!, 1))
}

async function benchForest(rows: number, predictRows: number, features: number): Promise<void> {
  const rng = createRng(7)
  const draw = (count: number): Float32Array[] =>
    Array.from({ length: features }, () => Float32Array.from({ length: count }, () => rng.normal()))
  const tableOf = (columns: readonly Float32Array[], count: number): Dataset => ({
    name: 'numbers',
    rows: count,
    columns: columns.map((values, j) => ({ kind: 'numeric', name: `n${j}`, values })),
  })
  const rowMajor = (columns: readonly Float32Array[], count: number) =>
    Float32Array.from(
      { length: count * features },
      (_, i) => columns[i % features]![Math.floor(i / features)]!,
    )
  const learnt = draw(rows)
  const asked = draw(predictRows)
  const target = Float64Array.from({ length: rows }, (_, row) =>
    Number(learnt[0]![row]! * learnt[1]![row]! + learnt[2]![row]! + rng.normal() > 0),
  )
  const train = tableOf(learnt, rows)
  const dataset = tableOf(asked, predictRows)
  const plan: TransformPlan = {
    groups: [
      {
        name: 'numeric',
        columns: named(train, 'numeric'),
        encode: [step('robust-imputer', { strategy: 'nan' })],
        then: [],
      },
    ],
    merged: [],
  }
  const { fitted, features: made } = fitTransforms(plan, train, allRows(rows), {
    seed: 1,
    task: 'binary',
    classes: 2,
    target,
  })
  const params = { num_iterations: 100, num_leaves: 31, learning_rate: 0.1, min_data_in_leaf: 20, feature_fraction: 1, bagging_fraction: 1, lambda_l1: 0, lambda_l2: 0, extra_trees: false } // prettier-ignore
  const model = await gbtLeafwise.fit({ features: made, target, task: 'binary', classes: 2 }, params, {
    seed: 1,
    signal: new AbortController().signal,
    deadline: Infinity,
    threads: 1,
  })
  const schema = train.columns.map(({ name, kind }) => ({
    name,
    kind,
    use: 'feature' as const,
    reason: 'bench',
    missing: [],
  }))
  const pipeline = {
    formatVersion: 1 as const,
    task: { task: 'binary' as const, target: 'y', classes: ['no', 'yes'] },
    table: { columns: schema },
    members: [{ weight: 1, transforms: fitted, model }],
  }
  writeModel(folder, pipeline, { name: 'bench', metrics: {}, provenance: {} })
  const opened = await openOnnxModel(folder)
  const timed = (predict: () => Promise<Float64Array>) => async () => {
    const start = performance.now()
    const outputs = await predict()
    return { sink: outputs[0]!, seconds: (performance.now() - start) / 1000 }
  }
  const request = { task: 'forest', rows, features, x: save('x', rowMajor(learnt, rows)), y: save('y', target), predict: save('ask', rowMajor(asked, predictRows)), predictRows, params: { num_leaves: 31, learning_rate: 0.1, min_data_in_leaf: 20, rounds: 100 } } // prettier-ignore
  const theirs = async () => {
    const { apply } = await python!.ask(request)
    return { sink: apply, seconds: apply }
  }
  const name = `${predictRows / 1000}k × ${features}, 100 trees of 31 leaves`
  note(`predict: ${name}`)
  const [graph, native, peer] = await interleave([
    { name: 'model.onnx', run: timed(() => opened.predict(dataset)) },
    { name: 'native pipeline', run: timed(() => predictPipeline(pipeline, dataset)) },
    ...(python ? [{ name: 'LightGBM predict', run: theirs }] : []),
  ])
  const single = {
    ...dataset,
    rows: 1,
    columns: dataset.columns.map(column => ({ ...column, values: asked[0]!.subarray(0, 1) }) as Column),
  }
  const start = performance.now()
  for (let i = 0; i < 500; i++) await opened.predict(single)
  note(`  one row through model.onnx: ${((performance.now() - start) / 500).toFixed(3)} ms`)
  for (const measurement of [graph, native, peer]) if (measurement) note(measurementLine(measurement))
  await opened.close()
  if (!peer) return
  ratios.push(ratio(`predict with model.onnx, ${name}`, graph!.seconds, peer.seconds, 1))
  ratios.push(ratio(`predict natively, ${name}`, native!.seconds, peer.seconds, 1))
}

try {
  if (!python) note(`scikit-learn and LightGBM cannot be imported by ${pythonPath()}: measured alone`)
  const adult = await adultTable()
  if (adult) await benchTransforms(adult)
  await benchTransforms(quick ? mixedTable(50_000, 6, 8) : mixedTable(1_000_000, 12, 8))
  await benchForest(quick ? 20_000 : 100_000, quick ? 50_000 : 200_000, 20)
  finish(ratios, versions, json)
} finally {
  python?.close()
  rmSync(folder, { recursive: true, force: true })
}

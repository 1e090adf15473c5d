import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import { writeModel } from '../../src/artifact/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { proposeCandidates } from '../../src/candidates/index.ts'
import type { Column, Dataset, Target } from '../../src/data/dataset.ts'
import { stringAt, takeRows } from '../../src/data/dataset.ts'
import { readDataset } from '../../src/data/read.ts'
import type { ColumnSchema } from '../../src/data/schema.ts'
import { makeTarget } from '../../src/data/target.ts'
import type { ForestModel } from '../../src/models/forest.ts'
import { defaults } from '../../src/params/space.ts'
import { bestClass } from '../../src/pipeline/answer.ts'
import { applyTransforms, featureNames, fitTransforms } from '../../src/pipeline/features.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import type { Member, Pipeline } from '../../src/pipeline/pipeline.ts'
import { joinPipelines, outputWidth, predictPipeline } from '../../src/pipeline/pipeline.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { allRows, text } from '../transforms/columns.ts'

// Every candidate that is planned for a table, with the real learners: native answers and those of the model file are the same.
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const datasets = process.env['GLASSPILOT_DATASETS']
const full = process.env['GLASSPILOT_FULL'] === '1'
/** Milliseconds a fit may take: what it has by then is as good for this purpose. */
const FIT_TIME = full ? 150 : 50
const TRAIN_ROWS = full ? 400 : 240
const ASKED_ROWS = full ? 10_000 : 240
/** Rows a table is planned for. */
const TABLE_ROWS = full ? Infinity : 2000

const FEW = ['titanic', 'diamonds', 'soybean']
const MORE = 'adult_train bank_additional_full telco_customer_churn german_credit california_housing house_prices_ames bike_sharing_demand sms_spam breast_cancer_wdbc avocado_prices amazon_employee_access covertype_20k airlines_2k price_of_weed sick_thyroid nursery kin8nm'.split(' ') // prettier-ignore

interface Planned {
  readonly dataset: Dataset
  readonly target: Target
  readonly features: readonly ColumnSchema[]
  readonly candidates: readonly Candidate[]
}

async function planFor(path: string, targetName: string): Promise<Planned> {
  const { dataset: whole, schema } = await readDataset(path, { target: targetName })
  const table = whole.rows > TABLE_ROWS ? takeRows(whole, allRows(TABLE_ROWS)) : whole
  const made = makeTarget(table, targetName)
  const profile = await profileDataset(table, schema, { target: targetName, made, seed: 0 })
  const features = schema.columns.filter(({ use, name }) => use === 'feature' && name !== targetName)
  const dataset = takeRows(
    { ...table, columns: table.columns.filter(({ name }) => features.some(column => column.name === name)) },
    made.rows,
  )
  const { target } = made
  const options = {
    task: target.task,
    rows: TRAIN_ROWS,
    classes: target.classes.length,
    algorithms,
    most: 20,
  }
  return { dataset, target, features, candidates: proposeCandidates(profile, options) }
}

/** Two members on different rows, as folds make them. */
async function fitPipeline({ dataset, target, features }: Planned, candidate: Candidate): Promise<Pipeline> {
  const order = createRng(3).shuffle(allRows(dataset.rows))
  const some = order.slice(0, TRAIN_ROWS).sort()
  const members: Member[] = []
  for (const fold of [0, 1]) {
    const train = some.filter((_, i) => i % 3 !== fold)
    const held = some.filter((_, i) => i % 3 === fold)
    const goal = (rows: Int32Array) => Float64Array.from(rows, row => target.values[row]!)
    const shape = { task: target.task, classes: target.classes.length }
    const { fitted, features: learnt } = fitTransforms(candidate, dataset, train, {
      ...shape,
      seed: fold,
      target: goal(train),
    })
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const validation = { features: applyTransforms(fitted, dataset, held), target: goal(held) }
    const model = await algorithm.fit(
      { ...shape, features: learnt, target: goal(train), validation },
      { ...defaults(candidate.space), ...candidate.static },
      {
        seed: fold,
        signal: new AbortController().signal,
        deadline: performance.now() + FIT_TIME,
        threads: 1,
      },
    )
    members.push({ weight: fold + 1, transforms: fitted, model })
  }
  const task = { task: target.task, target: target.name, classes: target.classes }
  return { formatVersion: 1, task, table: { columns: features }, members }
}

async function expectParity(pipeline: Pipeline, datasets: readonly Dataset[], name: string): Promise<number> {
  const place = join(folder, name)
  writeModel(place, pipeline, { name, metrics: {}, provenance: {} })
  const model = await openOnnxModel(place)
  let worst = 0
  for (const dataset of datasets) {
    const wanted = await predictPipeline(pipeline, dataset)
    worst = Math.max(worst, compare(pipeline, await model.predict(dataset), wanted, name))
  }
  await model.close()
  rmSync(place, { recursive: true })
  return worst
}

/** Largest difference: of probabilities, or of values in units of the usual one. */
function compare({ task }: Pipeline, found: Float64Array, wanted: Float64Array, name: string): number {
  expect(found).toHaveLength(wanted.length)
  expect(wanted.every(value => Number.isFinite(value))).toBe(true)
  const regression = task.task === 'regression'
  // Nets add up float32 terms as large as the usual answer, so an answer near 0 has that answer's rounding.
  const usual = wanted.reduce((sum, value) => sum + Math.abs(value), 0) / wanted.length
  let worst = 0
  for (const [i, value] of wanted.entries()) {
    const unit = regression ? Math.max(usual, Math.abs(value)) : 1
    const distance = Math.abs(found[i]! - value) / unit
    if (!(distance <= (regression ? 1e-5 : 1e-6)))
      expect.fail(`${name}, output ${i}: the file gives ${found[i]}, native ${value}`)
    worst = Math.max(worst, distance)
  }
  if (regression) return worst
  const width = outputWidth(task)
  for (let start = 0; start < wanted.length; start += width) {
    const [mine, native] = [bestClass(found, start, task), bestClass(wanted, start, task)]
    const tie = Math.abs(wanted[start + mine]! - wanted[start + native]!) < 1e-6
    if (!tie) expect(mine).toBe(native)
  }
  return worst
}

/** The float32 number `steps` places up. */
function neighbour(value: number, steps: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer)
  bits[0]! += value < 0 ? -steps : steps
  return new Float32Array(bits.buffer)[0]!
}

/** Where the trees of a pipeline cut columns that reach them as they are: each threshold, the number before and the one after. */
function thresholdsOf({ members }: Pipeline): Map<string, number[]> {
  const found = new Map<string, Set<number>>()
  for (const { transforms, model } of members) {
    if (model.kind !== 'forest') continue
    const { feature, threshold } = model as ForestModel
    const names = featureNames(transforms)
    for (const [node, which] of feature.entries()) {
      const name = names[which]
      if (name === undefined) continue
      const list = found.get(name) ?? found.set(name, new Set()).get(name)!
      if (list.size < 300) for (const steps of [-1, 0, 1]) list.add(neighbour(threshold[node]!, steps))
    }
  }
  return new Map(Array.from(found, ([name, list]) => [name, [...list]]))
}

const ODD_NUMBERS = [NaN, 0, -0, 1e38, -1e38, 1e39, 1e-40, 0.1]
const ODD_TEXTS = [
  undefined,
  '',
  ' ',
  '…—!',
  'GOOD good-food, x '.repeat(60),
  'a\tb\nc',
  '日本 ÉCOLE',
  'O’Brien@x.y',
]
const ODD_MOMENTS = [
  NaN,
  0,
  -1,
  -62_000_000_000_000,
  253_402_300_799_999,
  Date.UTC(2024, 1, 29, 23, 59, 59, 999),
]

/** Values that lie on thresholds and just beside them, missing ones, empty ones, categories never seen, and strange ones. */
function strangeRows(dataset: Dataset, pipeline: Pipeline): Dataset {
  const thresholds = thresholdsOf(pipeline)
  return { ...dataset, columns: dataset.columns.map((column, j) => strangeColumn(column, j, thresholds)) }
}

function strangeColumn(
  column: Column,
  j: number,
  thresholds: ReadonlyMap<string, readonly number[]>,
): Column {
  switch (column.kind) {
    case 'numeric': {
      const cuts = thresholds.get(column.name) ?? []
      const at = (value: number, row: number) => {
        if (row < 40) return ODD_NUMBERS[(row + j) % ODD_NUMBERS.length]!
        if (row % 2 === 0 && cuts.length > 0) return cuts[(row / 2 + j) % cuts.length]!
        return row % 3 === 0 ? neighbour(value, 1) : value
      }
      return { ...column, values: Float64Array.from(column.values, at) }
    }
    case 'datetime':
      return {
        ...column,
        values: column.values.map((value, row) =>
          row < 40 ? ODD_MOMENTS[(row + j) % ODD_MOMENTS.length]! : value,
        ),
      }
    case 'text': {
      const odd = (row: number) =>
        row < 40 ? ODD_TEXTS[(row + j) % ODD_TEXTS.length] : stringAt(column, row)
      return text(column.name, Array.from(column.missing.keys(), odd))
    }
    case 'categorical': {
      const categories = [
        ...column.categories.map((name, i) => (i % 3 === 1 ? `${name} never seen` : name)),
        '',
      ]
      const empty = categories.length - 1
      const codes = column.codes.map((code, row) => (row % 5 === j % 5 ? -1 : row % 11 === 7 ? empty : code))
      return { ...column, categories, codes }
    }
  }
}

async function checkTable(path: string, target: string): Promise<number> {
  const planned = await planFor(path, target)
  const dataset = takeRows(planned.dataset, allRows(Math.min(ASKED_ROWS, planned.dataset.rows)))
  expect(planned.candidates.length).toBeGreaterThan(4)
  const pipelines: Pipeline[] = []
  let worst = 0
  for (const candidate of planned.candidates) {
    const pipeline = await fitPipeline(planned, candidate)
    pipelines.push(pipeline)
    const strange = strangeRows(dataset, pipeline)
    worst = Math.max(worst, await expectParity(pipeline, [dataset, strange], candidate.name))
  }
  const ensemble = joinPipelines(
    pipelines.slice(0, 4).map((pipeline, i) => ({ weight: 1 + (i % 3), pipeline })),
  )
  return Math.max(worst, await expectParity(ensemble, [dataset], 'ensemble'))
}

/** A table of every kind of column (texts on demand), with gaps, quotes and a target that depends on some of them. */
function writeTable(
  path: string,
  texts: boolean,
  target: (signal: number, noise: number) => string | number,
): void {
  const rng = createRng(21)
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
  const vocabulary = ['good', 'bad', 'Food!', 'room', 'view-point', '10', 'very', 'école', 'don’t']
  const lines = [`x,k,"city ""of"" birth",when,${texts ? 'street,review,' : ''}y`]
  for (let row = 0; row < 500; row++) {
    const x = rng.normal() * 10
    const k = rng.int(5)
    const city = pick(['Rome', 'Oslo', 'Ürümqi', '"a,b"', ''])
    const words = Array.from({ length: 3 + rng.int(8) }, () => pick(vocabulary))
    const when = new Date(Date.UTC(2019, 0, 1) + rng.int(800) * 86_400_000).toISOString().slice(0, 10)
    const signal = x / 10 + k + (city === 'Oslo' ? 2 : 0) + (words.includes('good') ? 1 : 0)
    const cells = [rng.next() < 0.1 ? '' : x.toFixed(3), k, city, rng.next() < 0.1 ? '' : when]
    if (texts) cells.push(`s${rng.int(150)}`, `"${words.join(' ')} ${row}"`)
    lines.push([...cells, target(signal, rng.normal())].join(','))
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
}

describe('the model file of every candidate answers as the native pipeline', () => {
  it.each<[string, (signal: number, noise: number) => string | number]>([
    ['binary', (signal, noise) => (signal + noise > 3 ? 'yes' : 'no')],
    [
      'multiclass',
      (signal, noise) => ['low', 'mid', 'high'][Math.max(0, Math.min(2, Math.floor((signal + noise) / 2)))]!,
    ],
    ['regression', (signal, noise) => (signal * 1000 + noise * 100).toFixed(2)],
  ])('on a made-up %s table', async (name, target) => {
    const path = join(folder, `${name}.csv`)
    writeTable(path, name === 'binary', target)
    await checkTable(path, 'y')
  })

  const why = `needs GLASSPILOT_DATASETS${full ? '' : '; twenty tables of 10,000 rows with GLASSPILOT_FULL=1'}`
  it.skipIf(datasets === undefined).each(full ? [...FEW, ...MORE] : FEW)(
    `on %s (${why})`,
    async name => {
      const manifest = JSON.parse(readFileSync(join(datasets!, 'manifest.json'), 'utf8')) as {
        name: string
        target: string
      }[]
      const path = join(datasets!, `${name}.csv.gz`)
      expect(existsSync(path)).toBe(true)
      const { target } = manifest.find(entry => entry.name === name)!
      const worst = await checkTable(path, target)
      if (full) process.stdout.write(`${name}: largest difference ${worst.toExponential(1)}\n`)
    },
    900_000,
  )
})

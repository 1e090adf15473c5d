import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import { writeModel } from '../../src/artifact/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { proposeCandidates } from '../../src/candidates/index.ts'
import type { Dataset, Target } from '../../src/data/dataset.ts'
import { takeRows } from '../../src/data/dataset.ts'
import { readDataset } from '../../src/data/read.ts'
import type { ColumnSchema } from '../../src/data/schema.ts'
import { makeTarget } from '../../src/data/target.ts'
import { defaults } from '../../src/params/space.ts'
import { bestClass } from '../../src/pipeline/answer.ts'
import { applyTransforms, fitTransforms } from '../../src/pipeline/features.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import type { Member, Pipeline } from '../../src/pipeline/pipeline.ts'
import { joinPipelines, outputWidth, predictPipeline } from '../../src/pipeline/pipeline.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { createRng } from '../../src/util/rng.ts'

// Every candidate that is planned for a table, with the real learners: native answers and those of the model file are the same.
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Milliseconds a fit may take: what it has by then is as good for this purpose. */
const FIT_TIME = 150
const TRAIN_ROWS = 400

interface Planned {
  readonly dataset: Dataset
  readonly target: Target
  readonly features: readonly ColumnSchema[]
  readonly candidates: readonly Candidate[]
}

async function planFor(path: string, targetName: string): Promise<Planned> {
  const { dataset: table, schema } = await readDataset(path, { target: targetName })
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
  const order = createRng(3).shuffle(Int32Array.from({ length: dataset.rows }, (_, row) => row))
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

async function expectParity(pipeline: Pipeline, datasets: readonly Dataset[], name: string): Promise<void> {
  const place = join(folder, name)
  writeModel(place, pipeline, { name, metrics: {}, provenance: {} })
  const model = await openOnnxModel(place)
  for (const dataset of datasets) {
    compare(pipeline, await model.predict(dataset), await predictPipeline(pipeline, dataset))
  }
  await model.close()
  rmSync(place, { recursive: true })
}

function compare({ task }: Pipeline, found: Float64Array, wanted: Float64Array): void {
  expect(found).toHaveLength(wanted.length)
  expect(wanted.every(value => Number.isFinite(value))).toBe(true)
  const regression = task.task === 'regression'
  // Nets add up float32 terms as large as the usual answer, so an answer near 0 has that answer's rounding.
  const usual = wanted.reduce((sum, value) => sum + Math.abs(value), 0) / wanted.length
  for (const [i, value] of wanted.entries()) {
    const limit = regression ? 1e-5 * Math.max(usual, Math.abs(value)) : 1e-6
    if (!(Math.abs(found[i]! - value) <= limit)) {
      expect.fail(`output ${i}: the file gives ${found[i]}, native ${value}`)
    }
  }
  if (regression) return
  const width = outputWidth(task)
  for (let start = 0; start < wanted.length; start += width) {
    const [mine, native] = [bestClass(found, start, width), bestClass(wanted, start, width)]
    const tie = Math.abs(wanted[start + mine]! - wanted[start + native]!) < 1e-6
    if (!tie) expect(mine).toBe(native)
  }
}

/** Values that lie on thresholds and just beside them, besides strange ones. */
function strangeRows(dataset: Dataset): Dataset {
  const odd = [NaN, 0, -0, 1e38, -1e38, 1e39, 1e-40, 0.1]
  const next = (value: number) => {
    const bits = new Int32Array(Float32Array.of(value).buffer)
    bits[0]! += 1
    return new Float32Array(bits.buffer)[0]!
  }
  return {
    ...dataset,
    columns: dataset.columns.map((column, j) => {
      if (column.kind === 'numeric') {
        const at = (row: number) =>
          row < 40
            ? odd[(row + j) % odd.length]!
            : row % 3 === 0
              ? next(column.values[row]!)
              : column.values[row]!
        return { ...column, values: Float64Array.from(column.values, (_, row) => at(row)) }
      }
      if (column.kind !== 'categorical') return column
      const categories = column.categories.map((category, i) =>
        i % 3 === 1 ? `${category} never seen` : category,
      )
      return {
        ...column,
        categories,
        codes: column.codes.map((code, row) => (row % 5 === j % 5 ? -1 : code)),
      }
    }),
  }
}

async function checkTable(path: string, target: string, rows: number): Promise<void> {
  const planned = await planFor(path, target)
  const dataset = takeRows(
    planned.dataset,
    Int32Array.from({ length: Math.min(rows, planned.dataset.rows) }, (_, row) => row),
  )
  expect(planned.candidates.length).toBeGreaterThan(4)
  const pipelines: Pipeline[] = []
  for (const candidate of planned.candidates) {
    const pipeline = await fitPipeline(planned, candidate)
    pipelines.push(pipeline)
    await expectParity(pipeline, [dataset, strangeRows(dataset)], candidate.name)
  }
  const ensemble = joinPipelines(
    pipelines.slice(0, 4).map((pipeline, i) => ({ weight: 1 + (i % 3), pipeline })),
  )
  await expectParity(ensemble, [dataset], 'ensemble')
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
    await checkTable(path, 'y', 400)
  })

  const datasets = process.env.GLASSPILOT_DATASETS
  const real = ['titanic', 'diamonds', 'sms_spam', 'bike_sharing_demand', 'soybean', 'house_prices_ames']
  it.skipIf(datasets === undefined).each(real)('on %s (needs GLASSPILOT_DATASETS)', async name => {
    const manifest = JSON.parse(readFileSync(join(datasets!, 'manifest.json'), 'utf8')) as {
      name: string
      target: string
    }[]
    const path = join(datasets!, `${name}.csv.gz`)
    expect(existsSync(path)).toBe(true)
    await checkTable(path, manifest.find(entry => entry.name === name)!.target, 1000)
  })
})

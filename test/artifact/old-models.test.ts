import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { predictFile } from '../../src/job/predict.ts'
import { modelPredictor } from '../../src/job/predictor.ts'
import { modelKinds } from '../../src/models/index.ts'
import { answerRows } from '../../src/pipeline/answer.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { predictPipeline, unpackPipeline } from '../../src/pipeline/pipeline.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { makeModels } from './make-models.ts'

// Models of earlier versions answer as they did when they were written.
const FOLDER = resolve(import.meta.dirname, '../fixtures/models')
const TOLERANCE = 1e-6
const temporary = temporaryFolder()

it.skipIf(process.env['GLASSPILOT_MAKE_MODELS'] !== '1')(
  'writes the models of this version (with GLASSPILOT_MAKE_MODELS=1)',
  () => makeModels(FOLDER),
)

const versions = existsSync(FOLDER) ? readdirSync(FOLDER) : []
const cases = versions.flatMap(version =>
  readdirSync(join(FOLDER, version)).map(name => [version, name, join(FOLDER, version, name)] as const),
)

type Rows = readonly (readonly (string | number)[])[]

function expectAnswers(found: Rows, wanted: Rows): void {
  expect(found.length).toBe(wanted.length)
  for (const [row, cells] of wanted.entries()) {
    expect(found[row]!.length).toBe(cells.length)
    for (const [j, cell] of cells.entries()) {
      const other = found[row]![j]!
      if (String(other) === String(cell)) continue
      const distance = Math.abs(Number(other) - Number(cell)) / Math.max(1, Math.abs(Number(cell)))
      if (!(distance <= TOLERANCE)) expect.fail(`row ${row}, answer ${j}: ${other} today, ${cell} then`)
    }
  }
}

/** The folder of a model as it was written: the files in the repository are compressed. */
function unpacked(folder: string): string {
  const place = mkdtempSync(join(temporary, 'model-'))
  for (const name of ['model.json', 'questions.csv', 'answers.csv'])
    copyFileSync(join(folder, name), join(place, name))
  for (const name of ['model.onnx', 'pipeline.bin'])
    writeFileSync(join(place, name), gunzipSync(readFileSync(join(folder, `${name}.gz`))))
  return place
}

const readCsv = (text: string): string[][] => Papa.parse<string[]>(text.trimEnd()).data

it('there are models of a version, small enough to keep', () => {
  expect(versions.length).toBeGreaterThan(0)
  for (const version of versions) {
    const files = readdirSync(join(FOLDER, version), { recursive: true, encoding: 'utf8' })
    const bytes = files.map(file => statSync(join(FOLDER, version, file)))
    expect(bytes.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)).toBeLessThan(500_000)
  }
})

it('the first version has every kind of model', () => {
  const [first] = versions
  const kinds = cases
    .filter(([version]) => version === first)
    .flatMap(
      ([, , folder]) => unpackPipeline(gunzipSync(readFileSync(join(folder, 'pipeline.bin.gz')))).members,
    )
    .map(({ model }) => model.kind)
  expect(new Set(kinds)).toEqual(new Set(modelKinds.map(({ kind }) => kind)))
})

describe.each(cases)('version %s, %s', (_, __, stored) => {
  const folder = unpacked(stored)
  const questions = join(folder, 'questions.csv')
  const wanted = readCsv(readFileSync(join(folder, 'answers.csv'), 'utf8'))

  it('its model file predicts as it did', async () => {
    const predictor = await modelPredictor(folder)
    const { csv } = await predictFile(predictor, questions)
    await predictor.close()
    expectAnswers(readCsv(csv!), wanted)
  })

  it('its stored pipeline predicts the same, and can be written as a model file anew', async () => {
    const pipeline = unpackPipeline(readFileSync(join(folder, 'pipeline.bin')))
    const { dataset } = await readDataset(questions, { schema: pipeline.table })
    const { fields, data } = answerRows(await predictPipeline(pipeline, dataset), pipeline.task)
    expectAnswers([fields, ...data], wanted)
    expect(emitPipeline(pipeline).bytes.length).toBeGreaterThan(0)
  })
})

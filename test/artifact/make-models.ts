import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { writeModel } from '../../src/artifact/index.ts'
import type { Column, Dataset } from '../../src/data/dataset.ts'
import { stringAt } from '../../src/data/dataset.ts'
import { predictFile } from '../../src/job/predict.ts'
import { modelPredictor } from '../../src/job/predictor.ts'
import { VERSION } from '../../src/job/version.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import { packPipeline } from '../../src/pipeline/pipeline.ts'
import { TASKS, toyDataset } from '../pipeline/toys.ts'
import {
  codedTransforms,
  everyTransform,
  trainEnsemble,
  trainPictures,
  usualTransforms,
} from '../pipeline/trained.ts'

// Writes the models that later versions must go on reading: `GLASSPILOT_MAKE_MODELS=1 npx vitest run test/artifact/old-models`
// makes test/fixtures/models/<version>/, from seeded tables, once for each version that is published.

const ROWS = 40
const TRAIN_ROWS = 60
/** One learner for each form a kind of model can have. */
const LEARNERS = ['gbt-leafwise', 'gbt-oblivious', 'random-forest', 'linear-learner', 'mlp', 'baseline']

function cellOf(column: Column, row: number): string {
  if (column.kind === 'categorical' || column.kind === 'text') return stringAt(column, row) ?? ''
  const value = column.values[row]!
  if (Number.isNaN(value)) return ''
  return column.kind === 'datetime' ? new Date(value).toISOString() : String(value)
}

const csvOf = ({ columns, rows }: Dataset): string =>
  `${Papa.unparse({ fields: columns.map(({ name }) => name), data: Array.from({ length: rows }, (_, row) => columns.map(column => cellOf(column, row))) }, { newline: '\n' })}\n`

async function writeCase(folder: string, pipeline: Pipeline, questions: Dataset): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeModel(folder, pipeline, { name: 'fixture', metrics: {}, provenance: { glasspilot: VERSION } })
  writeFileSync(join(folder, 'questions.csv'), csvOf(questions))
  const predictor = await modelPredictor(folder)
  await predictFile(predictor, join(folder, 'questions.csv'), join(folder, 'answers.csv'))
  await predictor.close()
  const graph = join(folder, 'model.onnx')
  writeFileSync(`${graph}.gz`, gzipSync(readFileSync(graph), { level: 9 }))
  writeFileSync(join(folder, 'pipeline.bin.gz'), gzipSync(packPipeline(pipeline), { level: 9 }))
  rmSync(graph)
}

/** Every kind of model with the usual transforms, and every transform with a forest, for each task; and a net of pictures. */
export async function makeModels(folder: string): Promise<void> {
  const place = (name: string) => join(folder, VERSION, name)
  for (const task of Object.keys(TASKS)) {
    const learners = await trainEnsemble(task, [usualTransforms, codedTransforms], {
      learners: task === 'regression' ? [...LEARNERS, 'knn'] : LEARNERS, // remembered rows take space
      rows: TRAIN_ROWS,
    })
    await writeCase(place(`${task} learners`), learners, toyDataset(41, ROWS))
    const steps = await trainEnsemble(task, [everyTransform], {
      learners: LEARNERS.slice(0, 1),
      rows: TRAIN_ROWS,
    })
    await writeCase(place(`${task} transforms`), steps, toyDataset(42, ROWS))
  }
  const { pipeline, dataset } = await trainPictures(ROWS)
  await writeCase(place('pictures'), pipeline, dataset)
}

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import { openOnnxModel, readInfo } from '../../src/pipeline/onnx-model.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { sha256 } from '../../src/util/files.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { TASKS, toyDataset } from '../pipeline/toys.ts'
import { trainEnsemble, usualTransforms } from '../pipeline/trained.ts'

const folder = temporaryFolder()
const details = { name: 'ours', metrics: { Accuracy: 0.75 }, provenance: { seed: 7, trials: [1, 2] } }
const pipeline = await trainEnsemble('binary', [usualTransforms], { learners: ['linear-learner'], rows: 60 })

it('writes the graph first and its description last, and says where both are', () => {
  const place = join(folder, 'new', 'model')
  const files = writeModel(place, pipeline, details)
  expect(files).toEqual([join(place, 'model.onnx'), join(place, 'model.json')])
  expect(files.every(existsSync)).toBe(true)
  expect(statSync(files[0]!).size).toBe(readInfo(files[1]!).onnx.bytes)
})

it('describes all that is needed to call the graph without Glasspilot', () => {
  const [graph, description] = writeModel(join(folder, 'described'), pipeline, details)
  const info = readInfo(description!)
  expect(info).toMatchObject({
    format: 'glasspilot-model',
    formatVersion: 1,
    ...details,
    task: TASKS['binary'],
    table: pipeline.table,
    outside: [],
    onnx: { file: 'model.onnx', sha256: sha256(readFileSync(graph!)) },
  })
  expect(info.inputs).toEqual(emitPipeline(pipeline).description.inputs)
  expect(Object.keys(info.usage)).toEqual(['inputs', 'python', 'node'])
  for (const { name } of info.outputs) expect(info.usage['python']).toContain(name)
})

it('writes the same bytes twice, and over a model that is there', async () => {
  const place = join(folder, 'twice')
  const [graph, description] = writeModel(place, pipeline, details)
  const before = [readFileSync(graph!), readFileSync(description!)]
  writeModel(place, { ...pipeline, members: pipeline.members.slice(0, 1) }, { ...details, name: 'other' })
  expect(readInfo(description!).name).toBe('other')
  writeModel(place, pipeline, details)
  expect([readFileSync(graph!), readFileSync(description!)]).toEqual(before)
  const model = await openOnnxModel(place)
  expect(await model.predict(toyDataset(2, 5))).toHaveLength(10)
  await model.close()
})

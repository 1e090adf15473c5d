import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Ort from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { bestClass } from '../../src/pipeline/answer.ts'
import { columnFeeder } from '../../src/pipeline/feeds.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { outputName } from '../../src/pipeline/outputs.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import { outputWidth, predictPipeline } from '../../src/pipeline/pipeline.ts'
import { askPython } from './ask-python.ts'
import { TASKS, toyDataset } from './toys.ts'
import { codedTransforms, everyTransform, trainEnsemble, usualTransforms } from './trained.ts'

// The same file in three runtimes: native, WebAssembly as a browser has it, and Python's.
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const python = process.env['GLASSPILOT_PYTHON']
const ready =
  python !== undefined && spawnSync(python, ['-c', 'import onnx, onnxruntime, numpy']).status === 0

const web = (await import('onnxruntime-web')) as unknown as typeof Ort
const files = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
web.env.wasm.numThreads = 1
web.env.wasm.wasmPaths = `${pathToFileURL(files).href}/`

async function askWeb(pipeline: Pipeline, dataset: Dataset) {
  const { bytes, description } = emitPipeline(pipeline)
  const session = await web.InferenceSession.create(bytes, { executionProviders: ['wasm'] })
  const feeds: Record<string, Ort.Tensor> = {}
  for (const { input, column } of description.inputs) {
    const found = dataset.columns.find(({ name }) => name === column)!
    const { type, data, dims } = await columnFeeder(found)(0, dataset.rows)
    feeds[input] = new web.Tensor(type as 'float32', data as Float32Array, dims)
  }
  const results = await session.run(feeds)
  await session.release()
  return results
}

function expectNear(found: ArrayLike<number>, wanted: Float64Array): void {
  expect(found.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) {
    if (!(Math.abs(found[i]! - value) <= 1e-6 * Math.max(1, Math.abs(value))))
      expect.fail(`output ${i}: the other runtime gives ${found[i]}, native ${value}`)
  }
}

/** Rows with new values in every column, too. */
function questions(): Dataset {
  const dataset = toyDataset(31, 120)
  const odd = [NaN, 0, -0, 1e38, -1e38, 1e39, 1e-40]
  return {
    ...dataset,
    columns: dataset.columns.map(column => {
      if (column.kind === 'numeric')
        return { ...column, values: column.values.map((value, row) => (row < 20 ? odd[row % 7]! : value)) }
      if (column.kind !== 'categorical') return column
      return { ...column, categories: column.categories.map((name, i) => (i === 2 ? 'never seen' : name)) }
    }),
  }
}

describe.each(Object.entries(TASKS))('a %s model', (name, task) => {
  it.each([
    ['with the usual transforms', [usualTransforms, codedTransforms]],
    ['with every transform', [everyTransform]],
  ])('%s answers the same natively, as WebAssembly and in Python', async (label, plans) => {
    const pipeline = await trainEnsemble(name, plans)
    const dataset = questions()
    const wanted = await predictPipeline(pipeline, dataset)
    const place = join(folder, `${name} ${label}`)
    writeModel(place, pipeline, { name, metrics: {}, provenance: {} })
    const model = await openOnnxModel(place)
    expectNear(await model.predict(dataset), wanted)
    await model.close()

    const answers = await askWeb(pipeline, dataset)
    expectNear(answers[outputName(task)]!.data as Float64Array, wanted)
    const width = outputWidth(task)
    const labels = Array.from(
      { length: dataset.rows },
      (_, row) => task.classes[bestClass(wanted, row * width, task)],
    )
    if (task.task !== 'regression')
      expect(Array.from(answers['predicted_label']!.data as unknown as string[])).toEqual(labels)

    if (!ready) return
    const results = askPython(python, place, model.info.inputs, dataset)
    expectNear(
      (task.task === 'regression' ? results['prediction']! : results['probabilities']!.flat()) as number[],
      wanted,
    )
    if (task.task !== 'regression') expect(results['predicted_label']).toEqual(labels)
  })
})

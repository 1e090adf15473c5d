import { join } from 'node:path'
import type { ModelInfo } from '../pipeline/onnx-model.ts'
import { MODEL_FORMAT_VERSION } from '../pipeline/onnx-model.ts'
import type { GraphDescription } from '../pipeline/onnx.ts'
import { emitPipeline } from '../pipeline/onnx.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { sha256, writeFileAtomic } from '../util/files.ts'

/** What the graph itself does not know. */
export interface ModelDetails {
  readonly name: string
  readonly metrics: Readonly<Record<string, number>>
  readonly provenance: Readonly<Record<string, unknown>>
  /** As `ModelInfo.given`, also where it is no more than the features. */
  readonly given?: readonly string[]
}

const MODEL_FILE = 'model.onnx'
const INFO_FILE = 'model.json'

/**
 * Writes `model.onnx` and `model.json` into a folder and returns their paths. The description goes last and holds the checksum
 * of the graph, so a folder that was cut off between the two is recognised when it is opened.
 */
export function writeModel(folder: string, pipeline: Pipeline, details: ModelDetails): string[] {
  const { bytes, description } = emitPipeline(pipeline)
  const info: ModelInfo = {
    format: 'glasspilot-model',
    formatVersion: MODEL_FORMAT_VERSION,
    name: details.name,
    task: pipeline.task,
    ...description,
    onnx: { file: MODEL_FILE, sha256: sha256(bytes), bytes: bytes.length },
    metrics: details.metrics,
    provenance: details.provenance,
    usage: usageOf(description),
    table: pipeline.table,
    ...(details.given && details.given.length > pipeline.table.columns.length && { given: details.given }),
  }
  const files = [join(folder, MODEL_FILE), join(folder, INFO_FILE)]
  writeFileAtomic(files[0]!, bytes)
  writeFileAtomic(files[1]!, `${JSON.stringify(info, null, 2)}\n`)
  return files
}

/** A short text per language; every input is a column of values, one per row. */
function usageOf({ inputs, outputs }: GraphDescription): Record<string, string> {
  const kinds = [...new Set(inputs.map(({ type }) => type))]
  const python = { float: 'numpy.float32', string: 'object', int64: 'numpy.int64' }
  const rule = kinds.map(type => `${type} as ${python[type]}`).join(', ')
  const names = outputs.map(({ name }) => name).join(', ')
  return {
    inputs:
      'One tensor of shape [rows, 1] per entry of "inputs", by its "input" name; send its "missing" value where there is none. Datetimes are milliseconds since 1970-01-01 UTC.',
    python: `onnxruntime.InferenceSession("${MODEL_FILE}").run(None, {input: array.reshape(-1, 1), …}) returns ${names}; arrays: ${rule}.`,
    node: `(await ort.InferenceSession.create("${MODEL_FILE}")).run({[input]: new ort.Tensor(type, values, [rows, 1]), …}) resolves to {${names}}.`,
  }
}

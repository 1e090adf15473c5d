import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Dataset } from '../data/dataset.ts'
import type { TableSchema, TaskSchema } from '../data/schema.ts'
import type { Session } from '../onnx/session.ts'
import { openSession } from '../onnx/session.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { sha256 } from '../util/files.ts'
import { columnOf, requireColumns } from './columns.ts'
import { columnFeeder } from './feeds.ts'
import type { GraphDescription } from './onnx.ts'
import { outputName, outputWidth } from './outputs.ts'

export const MODEL_FORMAT_VERSION = 1

/** What stands in `model.json` beside `model.onnx`. */
export interface ModelInfo extends GraphDescription {
  readonly format: 'glasspilot-model'
  readonly formatVersion: typeof MODEL_FORMAT_VERSION
  readonly name: string
  readonly task: TaskSchema
  /** Feature columns and how their text is read. */
  readonly table: TableSchema
  /** All columns of the training table but its target and weights, in order, where they are more than the features: rows without names may have them. */
  readonly given?: readonly string[]
  readonly onnx: { readonly file: string; readonly sha256: string; readonly bytes: number }
  /** Scores by metric, from rows the model never learnt from. */
  readonly metrics: Readonly<Record<string, number>>
  /** Where it comes from: candidate, algorithms, params, seed, rows, versions … */
  readonly provenance: Readonly<Record<string, unknown>>
  /** How to call it, by language. */
  readonly usage: Readonly<Record<string, string>>
}

/** What is needed to trust the rest; further fields of later versions pass. */
const infoSchema = z.looseObject({
  format: z.literal('glasspilot-model'),
  formatVersion: z.literal(MODEL_FORMAT_VERSION),
  task: z.looseObject({
    task: z.enum(['binary', 'multiclass', 'regression']),
    target: z.string(),
    classes: z.array(z.string()),
  }),
  table: z.looseObject({ columns: z.array(z.looseObject({ name: z.string(), kind: z.string() })) }),
  onnx: z.looseObject({ file: z.string().regex(/^[\w.-]+$/), sha256: z.string() }),
  inputs: z.array(
    z.looseObject({
      input: z.string(),
      column: z.string(),
      kind: z.enum(['numeric', 'categorical', 'text', 'datetime']),
    }),
  ),
})

/** A model file that is open: release it with `close`. */
export interface OnnxModel {
  readonly info: ModelInfo
  /** Row-major rows × outputs, as `predictPipeline`. Columns are found by name; others are left aside. */
  predict(dataset: Dataset): Promise<Float64Array>
  close(): Promise<void>
}

/** Large enough to keep the runtime busy, small enough for wide tables to stay within some 100 MB. */
const BATCH_ROWS = 5000
const BATCH_VALUES = 8_000_000

/** Loads `model.json` and the graph it names, whose checksum must be right. */
export async function openOnnxModel(
  folder: string,
  options: { readonly threads?: number } = {},
): Promise<OnnxModel> {
  const info = readInfo(join(folder, 'model.json'))
  const path = join(folder, info.onnx.file)
  const bytes = readOrExplain(path)
  const found = sha256(bytes)
  if (found !== info.onnx.sha256) {
    throw new InputError(
      'E_MODEL_CHANGED',
      `model file ${path} has sha256 ${found.slice(0, 12)}…: ${info.onnx.sha256.slice(0, 12)}… was expected from model.json; copy both files again or export the model anew`,
    )
  }
  const session = await openSession(bytes, options)
  return {
    info,
    predict: dataset => predictBatches(session, info, dataset),
    close: () => session.release(),
  }
}

function readOrExplain(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new InputError(
      'E_NO_MODEL',
      `model file ${path} cannot be read (${messageOf(error)}): expected a folder with model.onnx and model.json; pass the folder of an exported model`,
      { exit: 'noInput', cause: error },
    )
  }
}

/** Reads and checks `model.json`. */
export function readInfo(path: string): ModelInfo {
  const text = readOrExplain(path).toString('utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new InputError(
      'E_BAD_FORMAT',
      `${path} is not JSON (${messageOf(error)}): expected what an export wrote; export the model anew`,
    )
  }
  const parsed = infoSchema.safeParse(json)
  if (parsed.success) return json as ModelInfo
  const { path: place, message } = parsed.error.issues[0]!
  throw new InputError(
    place[0] === 'formatVersion' ? 'E_BAD_VERSION' : 'E_BAD_FORMAT',
    `${path} at ${place.map(String).join('.') || 'its top'}: ${message.charAt(0).toLowerCase()}${message.slice(1)}; export the model anew or use the version that wrote it`,
  )
}

async function predictBatches(session: Session, info: ModelInfo, dataset: Dataset): Promise<Float64Array> {
  requireColumns(
    dataset,
    info.inputs.map(({ column }) => column),
  )
  const feeders = info.inputs.map(({ input, column, kind }) => ({
    input,
    feeder: columnFeeder(columnOf(dataset, { name: column, kind })),
  }))
  const width = outputWidth(info.task)
  const name = outputName(info.task)
  const result = new Float64Array(dataset.rows * width)
  const batch = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_VALUES / Math.max(1, feeders.length))))
  for (let start = 0; start < dataset.rows; start += batch) {
    const end = Math.min(dataset.rows, start + batch)
    const feeds = Object.fromEntries(
      await Promise.all(feeders.map(async ({ input, feeder }) => [input, await feeder(start, end)] as const)),
    )
    const outputs = await session.run(feeds, [name])
    result.set(outputs[name]!.data as Float64Array, start * width)
  }
  return result
}

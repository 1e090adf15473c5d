import { takeRows, type Dataset } from '../data/dataset.ts'
import type { ColumnSchema, TaskSchema } from '../data/schema.ts'
import { kernelShap, type Player } from '../explain/kernel-shap.ts'
import type { MediaType } from './media.ts'
import { Refusal } from './refusal.ts'

/** What explaining needs beside the model. */
export interface Background {
  /** Who shares the credit for an answer: columns, or patches of a picture. */
  readonly players: readonly Player[]
  /** Training rows that stand for "not known": their mean answer is the base value. */
  readonly rows: Dataset
}

/** Rows of one request, and answers of the model that explaining one row takes. */
export const MOST_EXPLAINED_ROWS = 10
const ANSWERS = 10_000
const PIECE = 512 // rows

/**
 * Whether the header `X-Amzn-SageMaker-Enable-Explanations` asks for explanations. SageMaker takes a JMESPath expression that is
 * evaluated for each record; here the constants `true` and `false` are known.
 */
export function wantsExplanations(expression: string | undefined): boolean {
  const word = expression?.trim().replace(/^`(.*)`$/, '$1') ?? 'false'
  if (word === 'true' || word === 'false') return word === 'true'
  throw new Refusal(
    400,
    'E_EXPLAIN_EXPRESSION',
    'X-Amzn-SageMaker-Enable-Explanations is an expression that is not known here: expected `true` or `false`',
  )
}

/** A few rows at a time, so that other requests come in between. */
async function inPieces(
  predict: (dataset: Dataset) => Promise<Float64Array>,
  table: Dataset,
  width: number,
): Promise<Float64Array> {
  const outputs = new Float64Array(table.rows * width)
  for (let start = 0; start < table.rows; start += PIECE) {
    const rows = Int32Array.from({ length: Math.min(PIECE, table.rows - start) }, (_, i) => start + i)
    outputs.set(await predict(takeRows(table, rows)), start * width)
    await new Promise(resolve => setImmediate(resolve))
  }
  return outputs
}

const TYPES = {
  numeric: 'numerical',
  categorical: 'categorical',
  text: 'text',
  datetime: 'datetime',
} as const

/** What each answer is made of, as SageMaker Clarify tells it: for every column a number per class, or one; base + their sum = answer. */
export async function explainRows(
  predict: (dataset: Dataset) => Promise<Float64Array>,
  table: Dataset,
  { players, rows: background }: Background,
  {
    task,
    width,
    features,
  }: { readonly task: TaskSchema; readonly width: number; readonly features: readonly ColumnSchema[] },
): Promise<object> {
  if (table.rows > MOST_EXPLAINED_ROWS) {
    throw new Refusal(
      400,
      'E_TOO_MANY_EXPLAINED',
      `${table.rows} rows are to be explained: expected at most ${MOST_EXPLAINED_ROWS} in a request; send fewer`,
    )
  }
  const found = await kernelShap(rows => inPieces(predict, rows, width), table, {
    players,
    background,
    width,
    samples: Math.floor(ANSWERS / background.rows),
    seed: 0,
  })
  const kinds = new Map(features.map(({ name, kind }) => [name, TYPES[kind]]))
  const record = (row: number) =>
    players.map(({ name }, player) => ({
      feature_header: name,
      ...(kinds.has(name) && { feature_type: kinds.get(name) }),
      attributions: [
        {
          attribution: Array.from(
            { length: width },
            (_, k) => found.values[(row * players.length + player) * width + k]!,
          ),
        },
      ],
    }))
  return {
    kernel_shap: Array.from({ length: table.rows }, (_, row) => record(row)),
    label_headers: task.task === 'regression' ? [task.target] : task.classes,
    expected_value: [...found.base],
  }
}

/** Predictions as they would have been, and what they are made of. */
export const explainedAnswer = (type: MediaType, data: string, explanations: object): string =>
  `${JSON.stringify({ version: '1.0', predictions: { content_type: type, data }, explanations })}\n`

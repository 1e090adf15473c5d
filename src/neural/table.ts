import { denseValues, type Features } from '../data/features.ts'
import { entryValue, fixedWidth, type Network } from '../onnx/network.ts'
import { feed, type Feed } from '../onnx/session.ts'
import { embeddingRuns } from './entry.ts'
import type { Loss } from './losses.ts'

/** Rows as they stay in memory while a net trains on them. */
export interface ResidentTable {
  readonly rows: number
  readonly store: 'uint8' | 'float'
  /** matrix, codes, target, importance: those that the net uses. */
  readonly feeds: Readonly<Record<string, Feed>>
}

interface Source {
  readonly features: Features
  /** Class index, or value in the units the net predicts in. */
  readonly target: Float64Array
  readonly weights?: Float64Array
}

const BYTES_ABOVE_CELLS = 1 << 22 // smaller tables go through the net's entry once, here, and not at every step

/** Whether every value of every numeric feature is a whole number from 0 to 255. */
export const holdsBytes = ({ columns }: Features, numeric: Int32Array): boolean =>
  numeric.every(j => columns[j]!.values.every(value => value >= 0 && value <= 255 && value % 1 === 0))

/** How many rows of a net's table are kept: bytes for a large table of bytes, float32 otherwise. */
export const storeOf = (features: Features, net: Network): 'uint8' | 'float' =>
  !net.oneHots && features.rows * net.numeric.length > BYTES_ABOVE_CELLS && holdsBytes(features, net.numeric)
    ? 'uint8'
    : 'float'

/** The rows named by `rows`, in that order, laid out row-major for gathering. */
export async function residentTable(
  { features, target, weights }: Source,
  net: Network,
  {
    rows,
    store,
    loss,
  }: { readonly rows: Int32Array; readonly store: 'uint8' | 'float'; readonly loss: Loss },
): Promise<ResidentTable> {
  const feeds: Record<string, Feed> = {}
  const width = fixedWidth(net)
  if (width > 0) {
    const matrix = new (store === 'uint8' ? Uint8Array : Float32Array)(rows.length * width)
    for (const [position, j] of net.numeric.entries()) {
      const values = denseValues(features.columns[j]!, features.rows)
      if (store === 'uint8')
        for (let i = 0; i < rows.length; i++) matrix[i * width + position] = values[rows[i]!]!
      else {
        for (let i = 0; i < rows.length; i++) {
          matrix[i * width + position] = entryValue(net, position, values[rows[i]!]!)
        }
      }
    }
    writeOneHots(matrix, features, net, rows)
    feeds['matrix'] = await feed(matrix, [rows.length, width])
  }
  if (net.embeddings.length > 0)
    feeds['codes'] = await feed(codesOf(features, net, rows), [rows.length, net.embeddings.length])
  feeds['target'] =
    loss === 'cross-entropy'
      ? await feed(
          Int32Array.from(rows, row => target[row]!),
          [rows.length],
        )
      : await feed(
          Float32Array.from(rows, row => target[row]!),
          [rows.length, 1],
        )
  if (weights)
    feeds['importance'] = await feed(
      Float32Array.from(rows, row => weights[row]!),
      [rows.length, 1],
    )
  return { rows: rows.length, store, feeds }
}

function writeOneHots(matrix: Uint8Array | Float32Array, features: Features, net: Network, rows: Int32Array) {
  const width = fixedWidth(net)
  let start = net.numeric.length
  for (const { feature, categories } of net.oneHots ?? []) {
    const values = denseValues(features.columns[feature]!, features.rows)
    for (let i = 0; i < rows.length; i++) {
      const code = values[rows[i]!]!
      if (code >= 0 && code < categories) matrix[i * width + start + code] = 1
    }
    start += categories
  }
}

/** Row-major rows × embeddings: row numbers in the table of the run; the last of an embedding for missing and unknown codes. */
function codesOf(features: Features, net: Network, rows: Int32Array): Int32Array {
  const { embeddings } = net
  const codes = new Int32Array(rows.length * embeddings.length)
  const starts = embeddingRuns(net).flatMap(({ start, end }) => {
    let first = 0
    return embeddings.slice(start, end).map(({ categories }) => (first += categories + 1) - categories - 1)
  })
  for (const [position, { feature, categories }] of embeddings.entries()) {
    const values = denseValues(features.columns[feature]!, features.rows)
    for (let i = 0; i < rows.length; i++) {
      const code = values[rows[i]!]!
      codes[i * embeddings.length + position] =
        starts[position]! + (code >= 0 && code <= categories - 1 ? code : categories)
    }
  }
  return codes
}

import { takeRows, type Dataset } from '../data/dataset.ts'
import { chooseCoalitions, shapleyFit } from './coalitions.ts'
import { mixRows, stackRows } from './mix-rows.ts'

/** Columns that stand or fall together: one column, the pixels of a patch, or all columns that matter little. */
export interface Player {
  readonly name: string
  readonly columns: readonly string[]
}

export interface KernelShapOptions {
  readonly players: readonly Player[]
  /** Rows that stand for "not known": its mean answer is the base value. */
  readonly background: Dataset
  /** Numbers per row of an answer. */
  readonly width: number
  /** Subsets of players to ask about; all of them when there are no more. */
  readonly samples: number
  readonly seed: number
  readonly onRow?: (done: number) => void
}

/** Of each row: base + Σ values of the players = answer, for each number of the answer. */
export interface ShapValues {
  readonly rows: number
  readonly players: number
  readonly width: number
  readonly base: Float64Array
  /** Row, then number of the answer. */
  readonly answers: Float64Array
  /** Row, then player, then number of the answer. */
  readonly values: Float64Array
  readonly exact: boolean
}

/** Rows asked for at once; bounds the memory whatever the size of the table. */
const BATCH = 16_384

/**
 * KernelSHAP (Lundberg & Lee 2017): Shapley values of any model, by what it answers when some columns of a row are taken from
 * background rows. Exact when `samples` covers all subsets. Cost: rows · samples · background rows predictions.
 */
export async function kernelShap(
  predict: (dataset: Dataset) => Promise<Float64Array>,
  dataset: Dataset,
  { players, background, width, samples, seed, onRow }: KernelShapOptions,
): Promise<ShapValues> {
  const count = players.length
  const coalitions = chooseCoalitions(count, samples, seed)
  const fit = shapleyFit(coalitions)
  const base = columnMeans(await predict(background), width)
  const answers = await predict(dataset)
  const values = new Float64Array(dataset.rows * count * width)
  for (let row = 0; row < dataset.rows; row++) {
    const one = takeRows(dataset, Int32Array.of(row))
    const asked = await askCoalitions(predict, stackRows(one, background), players, coalitions, width)
    for (let k = 0; k < width; k++) {
      const means = asked.subarray(k * coalitions.count, (k + 1) * coalitions.count)
      const found = fit(means, base[k]!, answers[row * width + k]!)
      for (let player = 0; player < count; player++)
        values[(row * count + player) * width + k] = found[player]!
    }
    onRow?.(row + 1)
  }
  return { rows: dataset.rows, players: count, width, base, answers, values, exact: coalitions.exact }
}

/** Mean answer over the background of each coalition: number of the answer, then coalition. Row 0 of `stacked` is the explained one. */
async function askCoalitions(
  predict: (dataset: Dataset) => Promise<Float64Array>,
  stacked: Dataset,
  players: readonly Player[],
  { count, masks }: { readonly count: number; readonly masks: Uint8Array },
  width: number,
): Promise<Float64Array> {
  const others = stacked.rows - 1
  const owner = new Map(
    players.flatMap(({ columns }, player) => columns.map(name => [name, player] as const)),
  )
  const means = new Float64Array(width * count)
  const perBatch = Math.max(1, Math.floor(BATCH / others))
  for (let first = 0; first < count; first += perBatch) {
    const size = Math.min(perBatch, count - first)
    const rowsByPlayer = players.map((_, player) => {
      const rows = new Int32Array(size * others)
      for (let c = 0; c < size; c++) {
        if (masks[(first + c) * players.length + player]) continue // row 0: the explained one
        for (let b = 0; b < others; b++) rows[c * others + b] = b + 1
      }
      return rows
    })
    const fixed = new Int32Array(size * others)
    const found = await predict(
      mixRows(stacked, size * others, name => {
        const player = owner.get(name)
        return player === undefined ? fixed : rowsByPlayer[player]!
      }),
    )
    for (let c = 0; c < size; c++)
      for (let b = 0; b < others; b++)
        for (let k = 0; k < width; k++)
          means[k * count + first + c]! += found[(c * others + b) * width + k]! / others
  }
  return means
}

function columnMeans(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width
  const means = new Float64Array(width)
  for (let i = 0; i < values.length; i++) means[i % width]! += values[i]! / rows
  return means
}

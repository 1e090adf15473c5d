import type { Column, Dataset, Target } from '../data/dataset.ts'
import { stringAt, takeColumn } from '../data/dataset.ts'
import { rowCount } from '../transforms/levels.ts'
import { hashSeed } from '../util/rng.ts'
import { evenRows } from './even-rows.ts'
import { judgeColumns } from './power.ts'
import type { Drift } from './profile.ts'
import { scoreQuickModel } from './quick-model.ts'
import { LEAST_ROWS, supervise } from './supervision.ts'

const MAX_ROWS = 50_000
const MAX_COLUMNS = 20

/**
 * Can a model tell which of two files a row is from? The same judge of columns and the same quick model that look at the target,
 * with the file as the target. Columns that the test file lacks are left out.
 */
export async function findDrift(
  columns: readonly Column[],
  trainRows: number,
  test: Dataset,
  seed: number,
): Promise<Drift | undefined> {
  const fromTrain = evenRows(trainRows, MAX_ROWS, hashSeed(seed, 'drift train'))
  const fromTest = evenRows(test.rows, MAX_ROWS, hashSeed(seed, 'drift test'))
  const others = new Map(test.columns.map(column => [column.name, column]))
  const sides = columns.flatMap(column => {
    const other = others.get(column.name)
    if (!other || other.kind !== column.kind) return []
    const [train, held] = [takeColumn(column, fromTrain), takeColumn(other, fromTest)]
    return [{ train, held, both: concatenate(train, held), unseen: unseenShare(column, held) }]
  })
  const rows = fromTrain.length + fromTest.length
  if (sides.length === 0 || Math.min(fromTrain.length, fromTest.length) < LEAST_ROWS / 5) return undefined
  const values = Float64Array.from({ length: rows }, (_, row) => (row < fromTrain.length ? 0 : 1))
  const target: Target = { name: '', task: 'binary', classes: ['train', 'test'], values }
  const supervision = supervise(
    target,
    Int32Array.from({ length: rows }, (_, row) => row),
    seed,
  )
  if (!supervision) return undefined
  const both = sides.map(side => side.both)
  const scores = await judgeColumns(both, supervision, seed)
  const model = await scoreQuickModel(both, scores, supervision, seed)
  if (!model) return undefined
  const told = sides
    .flatMap(({ train, held, unseen }) => {
      const score = scores.get(train.name)
      if (!score) return []
      return [
        {
          name: train.name,
          auc: score.score,
          error: score.error,
          missingTrain: missingShare(train),
          missingTest: missingShare(held),
          ...(unseen !== undefined && { unseen }),
        },
      ]
    })
    .sort((a, b) => b.auc - a.auc)
  return {
    file: test.name,
    trainRows,
    testRows: test.rows,
    auc: model.score,
    error: model.error,
    columns: told.slice(0, MAX_COLUMNS),
  }
}

/** One column above the other; both are of one kind. */
export function concatenate(a: Column, b: Column): Column {
  if (a.kind === 'categorical' && b.kind === 'categorical') {
    const code = new Map(a.categories.map((category, i) => [category, i]))
    const categories = [...a.categories]
    const renamed = b.categories.map(category => code.get(category) ?? categories.push(category) - 1)
    const codes = new Int32Array(a.codes.length + b.codes.length)
    codes.set(a.codes)
    for (let row = 0; row < b.codes.length; row++)
      codes[a.codes.length + row] = b.codes[row]! < 0 ? -1 : renamed[b.codes[row]!]!
    return { ...a, codes, categories }
  }
  if (a.kind === 'text' && b.kind === 'text') {
    const offsets = new Float64Array(a.offsets.length + b.missing.length)
    offsets.set(a.offsets)
    const base = a.offsets.at(-1)!
    for (let i = 1; i < b.offsets.length; i++) offsets[a.offsets.length + i - 1] = base + b.offsets[i]!
    const bytes = new Uint8Array(offsets.at(-1)!)
    bytes.set(a.bytes.subarray(0, base))
    bytes.set(b.bytes.subarray(0, b.offsets.at(-1)), base)
    const missing = new Uint8Array(a.missing.length + b.missing.length)
    missing.set(a.missing)
    missing.set(b.missing, a.missing.length)
    return { ...a, bytes, offsets, missing }
  }
  const [first, second] = [a, b] as readonly (Column & { kind: 'numeric' | 'datetime' })[]
  const values = new Float64Array(first!.values.length + second!.values.length)
  values.set(first!.values)
  values.set(second!.values, first!.values.length)
  return { ...first!, values }
}

function missingShare(column: Column): number {
  const rows = rowCount(column)
  let missing = 0
  if (column.kind === 'categorical') for (const code of column.codes) missing += code < 0 ? 1 : 0
  else if (column.kind === 'text') for (const flag of column.missing) missing += flag
  else for (const value of column.values) missing += value === value ? 0 : 1
  return rows === 0 ? 0 : missing / rows
}

/** Share of rows of the test column whose category the whole training column does not have. */
function unseenShare(train: Column, test: Column): number | undefined {
  if (train.kind !== 'categorical' || test.kind !== 'categorical' || test.codes.length === 0) return undefined
  const known = new Set(train.categories)
  let unseen = 0
  for (let row = 0; row < test.codes.length; row++) {
    const value = stringAt(test, row)
    if (value !== undefined && !known.has(value)) unseen++
  }
  return unseen / test.codes.length
}

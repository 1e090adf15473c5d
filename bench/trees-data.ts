import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Examples, TrainingData } from '../src/algorithms/algorithm.ts'
import type { Task } from '../src/data/dataset.ts'
import { toRowMajor } from '../src/data/features.ts'
import { createRng, type Rng } from '../src/util/rng.ts'

export interface BenchTable {
  readonly name: string
  readonly train: TrainingData
  readonly test: Examples
  /** The same rows in files, as peers read them. */
  readonly files: { readonly train: TableFile; readonly test: TableFile }
}

interface TableFile {
  /** Row-major float32. */
  readonly x: string
  /** float64 */
  readonly y: string
  readonly rows: number
}

interface TableSpec {
  readonly task: Task
  readonly classes: number
  readonly rows: number
  readonly features: number
  /** Share of cells that are 0 (blobs of nonzero values, as in images). */
  readonly zeros?: number
}

/** A seeded table with products, waves and noise, and files of it in a folder that `dispose` removes. */
export function benchTables(): {
  make(spec: TableSpec): BenchTable
  mnist(rows: number): BenchTable | undefined
  dispose(): void
} {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
  const save = (name: string, part: string, examples: Examples): TableFile => {
    const file = (kind: string) => join(folder, `${name}-${part}-${kind}.bin`)
    writeFileSync(file('x'), new Uint8Array(toRowMajor(examples.features).buffer))
    writeFileSync(file('y'), new Uint8Array(examples.target.buffer))
    return { x: file('x'), y: file('y'), rows: examples.features.rows }
  }
  return {
    make(spec) {
      const name = `${spec.rows / 1000}k × ${spec.features}${spec.classes > 2 ? ` × ${spec.classes} classes` : ''}${spec.task === 'regression' ? ' regression' : ''}`
      const rng = createRng(0x9e3779b9)
      const draw = drawer(spec, rng)
      const train = draw(spec.rows)
      const test = draw(Math.max(1000, Math.round(spec.rows / 4)))
      return {
        name,
        train: { task: spec.task, classes: spec.classes, ...train },
        test,
        files: { train: save(name, 'train', train), test: save(name, 'test', test) },
      }
    },
    mnist(rows) {
      const source = process.env['GLASSPILOT_DATASETS']
      if (!source || !existsSync(join(source, 'mnist_train.csv.gz'))) return undefined
      const name = `MNIST ${rows / 1000}k × 784 × 10 classes`
      const train = readDigits(join(source, 'mnist_train.csv.gz'), rows)
      const test = readDigits(join(source, 'mnist_test.csv.gz'), 10_000)
      return {
        name,
        train: { task: 'multiclass', classes: 10, ...train },
        test,
        files: { train: save(name, 'train', train), test: save(name, 'test', test) },
      }
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The first `rows` lines of `label,pixel,pixel,…`, whole numbers below 256. */
function readDigits(file: string, rows: number): Examples {
  const bytes = gunzipSync(readFileSync(file))
  const pixels = Array.from({ length: 784 }, () => new Float32Array(rows))
  const target = new Float64Array(rows)
  let at = bytes.indexOf(10) + 1
  for (let row = 0; row < rows; row++) {
    for (let column = -1; column < 784; column++) {
      let value = 0
      for (; bytes[at]! >= 48; at++) value = 10 * value + bytes[at]! - 48
      while (at < bytes.length && bytes[at]! < 48) at++ // comma or line end
      if (column < 0) target[row] = value
      else pixels[column]![row] = value
    }
  }
  const columns = pixels.map((values, j) => ({ kind: 'dense' as const, name: `x${j}`, values }))
  return { features: { rows, columns }, target }
}

const drawer = (spec: TableSpec, rng: Rng): ((rows: number) => Examples) =>
  spec.zeros === undefined ? denseDrawer(spec, rng) : sparseDrawer(spec, rng)

const denseDrawer =
  ({ task, classes, features }: TableSpec, rng: Rng) =>
  (rows: number): Examples => {
    const columns = Array.from({ length: features }, (_, j) => ({
      kind: 'dense' as const,
      name: `x${j}`,
      values: Float32Array.from({ length: rows }, () => rng.normal()),
    }))
    const x = columns.map(column => column.values)
    const target = new Float64Array(rows)
    for (let i = 0; i < rows; i++) {
      const signal =
        x[0]![i]! * x[1]![i]! +
        Math.sin(2 * x[2]![i]!) +
        0.5 * x[3]![i]! ** 2 -
        0.5 +
        0.4 * x[4]![i]! +
        0.3 * x[5]![i]! * x[6]![i]! * x[7]![i]!
      if (task === 'regression') target[i] = signal + 0.5 * rng.normal()
      else if (task === 'binary') target[i] = rng.next() < 1 / (1 + Math.exp(-signal)) ? 1 : 0
      else
        target[i] = Math.min(
          classes - 1,
          Math.max(0, Math.floor((signal + rng.normal() + 3) * (classes / 6))),
        )
    }
    return { features: { rows, columns }, target }
  }

/** Per class a few bright spots; each row shows those of its class with jitter: most cells are 0, values are 1 … 255. */
function sparseDrawer({ classes, features, zeros = 0.8 }: TableSpec, rng: Rng): (rows: number) => Examples {
  const lit = Math.round((1 - zeros) * features)
  const patterns = Array.from({ length: classes * 3 }, () =>
    rng.shuffle(Array.from({ length: features }, (_, j) => j)).slice(0, lit),
  )
  return rows => {
    const columns = Array.from({ length: features }, (_, j) => ({
      kind: 'dense' as const,
      name: `x${j}`,
      values: new Float32Array(rows),
    }))
    const target = new Float64Array(rows)
    for (let i = 0; i < rows; i++) {
      const k = rng.int(classes)
      target[i] = k
      const own = patterns[k * 3 + rng.int(3)]!
      const other = patterns[rng.int(patterns.length)]!
      for (let s = 0; s < lit; s++) {
        const j = rng.next() < 0.25 ? own[s]! : rng.next() < 0.4 ? other[s]! : rng.int(features)
        columns[j]!.values[i] = 1 + rng.int(255)
      }
    }
    return { features: { rows, columns }, target }
  }
}

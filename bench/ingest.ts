import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readDataset } from '../src/data/read.ts'
import { createRng } from '../src/util/rng.ts'
import { quoted } from '../src/util/text.ts'

// Seconds to read a CSV file into typed columns, beside pandas' read_csv on the same bytes, in turns.
// GLASSPILOT_PYTHON names a Python with pandas; GLASSPILOT_DATASETS a folder with mnist_train.csv.gz.

interface Case {
  readonly name: string
  /** Our time over the peer's; more is a failure. */
  readonly bound: number
  readonly path: string
  readonly target: string
}

const quick = process.argv.includes('--quick')
const asJson = process.argv.includes('--json')
const rounds = quick ? 2 : 5
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
let sink = 0

/** Numbers, words, quotes, missing cells, dates and line breaks: the same bytes on every run. */
function mixedTable(rows: number): string {
  const rng = createRng(0x9e3779b9)
  const words = ['north', 'south', 'east', 'west, far', 'the "old" town', 'café', 'Köln']
  const lines = ['id,a,b,c,d,e,city,kind,note,day,flag,f,g,h,y']
  for (let i = 0; i < rows; i++) {
    const city = words[rng.int(words.length)]!
    const cells = [
      i + 7,
      rng.normal().toFixed(4),
      rng.int(1000),
      rng.next() < 0.1 ? 'NA' : rng.next().toFixed(6),
      rng.next() < 0.1 ? '' : rng.int(50),
      (rng.normal() * 1e3).toFixed(2),
      /[,"]/.test(city) ? `"${city.replaceAll('"', '""')}"` : city,
      `k${rng.int(200)}`,
      rng.next() < 0.05 ? '"two\nlines"' : 'plain words here',
      new Date(Date.UTC(2020, 0, 1) + rng.int(1000) * 86_400_000).toISOString().slice(0, 10),
      rng.next() < 0.5 ? 'yes' : 'no',
      rng.int(5),
      rng.next().toFixed(3),
      rng.int(100_000),
      rng.int(2),
    ]
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}

/** Many columns of small whole numbers, most of them zero, as pictures are. */
function wideTable(rows: number, columns: number): string {
  const rng = createRng(0x85ebca6b)
  const lines = [['label', ...Array.from({ length: columns }, (_, j) => `p${j}`)].join(',')]
  for (let i = 0; i < rows; i++) {
    const cells = [rng.int(10)]
    for (let j = 0; j < columns; j++) cells.push(rng.next() < 0.8 ? 0 : rng.int(256))
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}

function write(name: string, data: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}

function cases(): Case[] {
  const mnist = join(process.env['GLASSPILOT_DATASETS'] ?? '', 'mnist_train.csv.gz')
  const wide =
    process.env['GLASSPILOT_DATASETS'] !== undefined && existsSync(mnist) && !quick
      ? {
          name: 'mnist train, 60,000 x 785',
          path: write('mnist.csv', gunzipSync(readFileSync(mnist))),
          target: 'label',
        }
      : {
          name: 'wide numbers, 10,000 x 785',
          path: write('wide.csv', wideTable(10_000, 784)),
          target: 'label',
        }
  const rows = quick ? 100_000 : 1_000_000
  return [
    { ...wide, bound: 1.5 },
    { name: `mixed, ${rows} x 15`, path: write('mixed.csv', mixedTable(rows)), target: 'y', bound: 3 },
  ]
}

const PANDAS = `
import sys, time, pandas
path = sys.argv[1]
start = time.perf_counter()
frame = pandas.read_csv(path)
print(time.perf_counter() - start, len(frame), pandas.__version__)
`

function timePandas(python: string, path: string): { seconds: number; version: string } {
  const [seconds, , version] = execFileSync(python, ['-c', PANDAS, path], { encoding: 'utf8' })
    .trim()
    .split(' ')
  return { seconds: Number(seconds), version: version! }
}

async function timeOurs(path: string, target: string): Promise<number> {
  const start = performance.now()
  const { dataset } = await readDataset(path, { target })
  sink += dataset.rows
  return (performance.now() - start) / 1000
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

function findPython(): string | undefined {
  const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import pandas'], { stdio: 'ignore' })
    return python
  } catch {
    return undefined
  }
}

const python = findPython()
let pandas = 'none'
const ratios: {
  name: string
  ratio: number | null
  bound: number
  ours: number
  peer: number | null
  megabytesPerSecond: number
}[] = []
try {
  for (const { name, bound, path, target } of cases()) {
    const ours: number[] = []
    const peer: number[] = []
    await timeOurs(path, target)
    for (let round = 0; round < rounds; round++) {
      ours.push(await timeOurs(path, target))
      if (python !== undefined) {
        const timed = timePandas(python, path)
        peer.push(timed.seconds)
        pandas = timed.version
      }
    }
    const mine = median(ours)
    const theirs = peer.length > 0 ? median(peer) : null
    const bytes = readFileSync(path).length
    ratios.push({
      name,
      ratio: theirs === null ? null : mine / theirs,
      bound,
      ours: mine,
      peer: theirs,
      megabytesPerSecond: bytes / 1e6 / mine,
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (sink === 0) throw new Error('nothing was read')
const result = {
  ratios,
  machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memory: totalmem() },
  versions: { node: process.version, pandas },
}
if (asJson) process.stdout.write(`${JSON.stringify(result)}\n`)
else {
  for (const { name, ratio, bound, ours, peer, megabytesPerSecond } of ratios) {
    const beside =
      peer === null
        ? 'pandas not found'
        : `pandas ${peer.toFixed(2)} s, ratio ${ratio!.toFixed(2)} (bound ${bound})`
    process.stderr.write(
      `${quoted(name)}: ${ours.toFixed(2)} s, ${megabytesPerSecond.toFixed(0)} MB/s; ${beside}\n`,
    )
  }
}

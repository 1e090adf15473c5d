import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readDataset } from '../src/data/read.ts'
import { createRng } from '../src/util/rng.ts'
import {
  benchOptions,
  finish,
  interleave,
  measurementLine,
  note,
  pythonPath,
  pythonVersions,
  ratio,
} from './harness.ts'
import type { Ratio } from './harness.ts'

// Seconds to read a CSV file into typed columns, beside pandas' read_csv on the same bytes, in turns.
// GLASSPILOT_PYTHON names a Python with pandas; GLASSPILOT_DATASETS a folder with mnist_train.csv.gz.

interface Case {
  readonly name: string
  /** Our time over the peer's, at most. */
  readonly bound: number
  readonly path: string
  readonly target: string
}

const { quick, json } = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))

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
    // A tenth of a second of a tenth of the rows is mostly warming up.
    {
      name: `mixed, ${rows} x 15`,
      path: write('mixed.csv', mixedTable(rows)),
      target: 'y',
      bound: quick ? 3 : 1.5,
    },
  ]
}

const PANDAS = `
import sys, time, pandas
start = time.perf_counter()
frame = pandas.read_csv(sys.argv[1])
print(time.perf_counter() - start, len(frame))
`

const versions = pythonVersions(['pandas'])
const ratios: Ratio[] = []
try {
  for (const { name, bound, path, target } of cases()) {
    const ours = {
      name: `glasspilot, ${name}`,
      run: async () => ({ sink: (await readDataset(path, { target })).dataset.rows }),
    }
    const peer = {
      name: `pandas, ${name}`,
      run: () => {
        const printed = execFileSync(pythonPath(), ['-c', PANDAS, path], { encoding: 'utf8' })
        const [seconds, rows] = printed.trim().split(' ').map(Number)
        return { sink: rows!, seconds: seconds! }
      },
    }
    const measured = await interleave(versions['pandas'] === undefined ? [ours] : [ours, peer], {
      runs: quick ? 2 : 5,
    })
    for (const measurement of measured) note(measurementLine(measurement))
    const [mine, theirs] = measured
    if (mine && theirs) ratios.push(ratio(name, mine.seconds, theirs.seconds, bound))
    else note('  pandas was not found: GLASSPILOT_PYTHON names a Python that has it')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
finish(ratios, versions, json)

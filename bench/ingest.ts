import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { byteSize, figure } from '../src/util/text.ts'
import {
  benchOptions,
  finish,
  interleave,
  median,
  measurementLine,
  note,
  pythonPath,
  pythonVersions,
  ratio,
} from './harness.ts'
import type { Contender, Ratio } from './harness.ts'
import { tables, writeTable } from './tables.ts'

// Seconds to read a CSV file into typed columns, beside pandas' read_csv and DuckDB's on the same bytes, in turns, each in a
// process of its own; and peak memory over the bytes of the columns. GLASSPILOT_PYTHON names a Python with pandas and duckdb
// (pip install pandas duckdb); GLASSPILOT_DATASETS a folder with mnist_train.csv.gz.

interface Case {
  readonly name: string
  /** Our time over the peer's, at most. */
  readonly bound: number
  readonly path: string
  readonly target: string
}

/** Peak memory of reading over the bytes of the columns, at most. */
const MEMORY_BOUND = 2
const PEERS = ['pandas', 'duckdb'] as const
/** DuckDB reads on as many threads; pandas and Glasspilot on one. */
const DUCKDB_THREADS = [1, 2]

const { quick, json } = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))

function cases(): Case[] {
  const rows = quick ? 100_000 : 1_000_000
  const mixed = join(folder, 'mixed.csv')
  writeTable(mixed, tables.mixed, rows)
  // A tenth of a second of a tenth of the rows is mostly warming up.
  return [wideCase(), { name: `mixed, ${rows} x 15`, path: mixed, target: 'y', bound: quick ? 3 : 1 }]
}

function wideCase(): Case {
  const mnist = join(process.env['GLASSPILOT_DATASETS'] ?? '', 'mnist_train.csv.gz')
  const path = join(folder, 'wide.csv')
  if (!quick && process.env['GLASSPILOT_DATASETS'] !== undefined && existsSync(mnist)) {
    writeFileSync(path, gunzipSync(readFileSync(mnist)))
    return { name: 'mnist train, 60000 x 785', path, target: 'label', bound: 1 }
  }
  writeTable(path, tables.wide, 10_000)
  return { name: 'wide numbers, 10000 x 785', path, target: 'label', bound: quick ? 3 : 1 }
}

interface ChildResult {
  readonly seconds: number
  readonly processor: number
  readonly rows: number
  readonly columnar: number
  readonly peak: number
}

interface Memory {
  readonly peaks: number[]
  columnar: number
}

function ours({ name, path, target }: Case, memory: Memory): Contender {
  const child = join(import.meta.dirname, 'ingest-child.js')
  return {
    name: `glasspilot, ${name}`,
    run() {
      const printed = execFileSync(process.execPath, [child, path, target], { encoding: 'utf8' })
      const told = JSON.parse(printed) as ChildResult
      memory.peaks.push(told.peak)
      memory.columnar = told.columnar
      return {
        sink: told.rows,
        seconds: told.seconds,
        quality: { 'MB/s': rate(path, told.seconds), 'processor s': told.processor },
      }
    },
  }
}

const peer = (program: string, label: string, threads: number, { name, path }: Case): Contender => ({
  name: `${label}, ${name}`,
  run() {
    const args = ['bench/peers/ingest.py', program, path, String(threads)]
    const printed = execFileSync(pythonPath(), args, { encoding: 'utf8' })
    const [seconds, rows, peak, processor] = printed.trim().split(' ').map(Number)
    return {
      sink: rows!,
      seconds: seconds!,
      quality: { 'MB/s': rate(path, seconds!), 'processor s': processor!, 'peak MB': peak! / 1e6 },
    }
  },
})

const rate = (path: string, seconds: number) => statSync(path).size / 1e6 / seconds

const versions = pythonVersions(PEERS)
for (const name of PEERS)
  if (versions[name] === undefined)
    note(
      `${name} was not found and is left out: pip install ${name}, and name that Python in GLASSPILOT_PYTHON`,
    )
const ratios: Ratio[] = []
try {
  for (const item of cases()) {
    const memory: Memory = { peaks: [], columnar: 0 }
    const peers = [
      ...(versions['pandas'] === undefined ? [] : [{ program: 'pandas', label: 'pandas', threads: 1 }]),
      ...(versions['duckdb'] === undefined
        ? []
        : DUCKDB_THREADS.map(threads => ({
            program: 'duckdb',
            label: `duckdb ${threads} thread${threads > 1 ? 's' : ''}`,
            threads,
          }))),
    ]
    const measured = await interleave(
      [
        ours(item, memory),
        ...peers.map(({ program, label, threads }) => peer(program, label, threads, item)),
      ],
      { runs: quick ? 2 : 5 },
    )
    for (const measurement of measured) note(measurementLine(measurement))
    const [mine, ...theirs] = measured
    theirs.forEach(({ seconds }, i) =>
      ratios.push(ratio(`time, ${item.name}, to ${peers[i]!.label}`, mine!.seconds, seconds, item.bound)),
    )
    const peak = median(memory.peaks)
    note(
      `  peak ${byteSize(peak)} over ${byteSize(memory.columnar)} of columns: ${figure(peak / memory.columnar, 3)}`,
    )
    // A small table is small beside what any reading needs.
    if (!quick)
      ratios.push(ratio(`memory, ${item.name}, to its columns`, peak, memory.columnar, MEMORY_BOUND))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
finish(ratios, versions, json)

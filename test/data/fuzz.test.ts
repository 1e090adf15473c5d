import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { readTable } from '../../src/data/table.ts'
import { InputError } from '../../src/util/errors.ts'
import { createRng } from '../../src/util/rng.ts'
import type { Rng } from '../../src/util/rng.ts'
import { file } from './files.ts'

const FILES = process.env['GLASSPILOT_FULL'] ? 100_000 : 2000
const SLOWEST_SECONDS = 2

const TOKENS = [
  '"',
  '""',
  "'",
  ',',
  ',,',
  ';',
  '\t',
  '|',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\\',
  '#',
  '# x\n',
  'sep=;\n',
  '\0',
  '\ufeff',

  'NA',
  '-',
  '1e999',
  '9'.repeat(40),
  '0x1F',
  '2023-02-30',
  '13/13/13',
  '1,234.5',
  '(5)',
  '+49301234567',
  '__proto__',
  '🙂',
  'é',
]

/** Small tables of every kind, and the public suite where there is one. */
function seeds(rng: Rng): Buffer[] {
  const table = (delimiter: string, newline: string, quotes: boolean) =>
    Papa.unparse(
      [
        ['id', 'name', 'when', 'much', 'note'],
        ...Array.from({ length: 30 }, (_, i) => [
          i + 1,
          ['Anna', 'Bö', 'Li "x"', 'O\nK'][rng.int(4)]!,
          `2023-01-${String(1 + rng.int(28)).padStart(2, '0')}`,
          rng.normal().toFixed(3),
          rng.next() < 0.5 ? 'some words, here' : '',
        ]),
      ],
      { delimiter, newline, quotes },
    ) + newline
  const made = [',', ';', '\t', '|'].flatMap(delimiter =>
    ['\n', '\r\n', '\r'].flatMap(newline => [false, true].map(quotes => table(delimiter, newline, quotes))),
  )
  const numbers = `a,b,c\n${Array.from({ length: 40 }, (_, i) => `${i},${i * 2.5},${-i}`).join('\n')}\n`
  const texts = [...made, numbers, `Report of May\n\n${numbers}Total: 3\n`, 'a\n1\n2\n', 'x,y\n1,2\n']
  const suites = join(process.env['GLASSPILOT_CSV_SUITES'] ?? '', 'csv-spectrum/csvs')
  const stored = process.env['GLASSPILOT_CSV_SUITES'] && existsSync(suites) ? readdirSync(suites) : []
  return [
    ...texts.map(text => Buffer.from(text)),
    ...texts.slice(0, 4).map(text => Buffer.from(`\ufeff${text}`, 'utf16le')),
    ...texts.slice(0, 4).map(text => Buffer.from(text, 'latin1')),
    ...stored.map(name => readFileSync(join(suites, name))),
  ]
}

function mutate(bytes: Buffer, rng: Rng): Buffer {
  const at = rng.int(bytes.length + 1)
  const to = Math.min(bytes.length, at + rng.int(40))
  switch (rng.int(7)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([rng.int(256)]), bytes.subarray(at + 1)])
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)])
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)])
    case 3:
    case 4:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(TOKENS[rng.int(TOKENS.length)]!),
        bytes.subarray(at),
      ])
    case 5:
      return bytes.subarray(0, at)
    default: {
      // One byte becomes another throughout.
      const [from, into] = [bytes[Math.min(at, bytes.length - 1)] ?? 44, rng.next() < 0.5 ? 44 : rng.int(128)]
      return Buffer.from(bytes.map(byte => (byte === from ? into : byte)))
    }
  }
}

const outcome = async <T>(read: () => Promise<T>): Promise<T | string> => {
  try {
    return await read()
  } catch (error) {
    if (error instanceof InputError) return error.code
    throw error
  }
}

describe('files that spoiling led to', () => {
  it('are read: two quotes are one column without a name', async () => {
    const { dataset } = await readDataset(file(Buffer.from('""')))
    expect(dataset.columns.map(column => column.name)).toEqual(['col_1'])
    expect(dataset.rows).toBe(0)
  })
})

describe(`${FILES} spoilt files`, () => {
  it('are read or refused in time; no row goes away unseen', { timeout: 3_600_000 }, async () => {
    const rng = createRng(20)
    const all = seeds(rng)
    let refused = 0
    for (let i = 0; i < FILES; i++) {
      let bytes = all[rng.int(all.length)]!
      for (let n = 1 + rng.int(4); n > 0; n--) bytes = mutate(bytes, rng)
      const path = file(bytes)
      const quarantine = `${path}.quarantine.csv`
      const start = process.cpuUsage()
      try {
        const read = await outcome(() => readDataset(path, { quarantine }))
        // Of the processor: on a busy machine the clock says nothing.
        const { user, system } = process.cpuUsage(start)
        expect((user + system) / 1e6).toBeLessThan(SLOWEST_SECONDS)
        const table = await outcome(() => readTable(path))
        if (typeof read === 'string' || typeof table === 'string') {
          expect(read).toBe(table)
          refused++
          continue
        }
        expect(read.report).toEqual({ ...table.report, warnings: read.report.warnings })
        expect(table.rows).toHaveLength(read.dataset.rows)
        expect(new Set(table.rows.map(row => row.length)).size).toBeLessThan(2)
        const kept = existsSync(quarantine)
          ? Papa.parse<string[]>(readFileSync(quarantine, 'utf8'), { delimiter: ',', newline: '\r\n' }).data
          : []
        expect(kept.filter(row => row[1] === 'no')).toHaveLength(read.report.quarantinedCount)
      } catch (cause) {
        throw new Error(`file ${i} (${path}): ${JSON.stringify(bytes.toString('latin1').slice(0, 400))}`, {
          cause,
        })
      } finally {
        rmSync(path, { force: true })
        rmSync(quarantine, { force: true })
      }
    }
    expect(refused).toBeLessThan(0.2 * FILES)
  })
})

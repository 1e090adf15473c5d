import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import type { ReadingReport } from '../../src/data/report.ts'
import { decisions, workplace } from './nasty.ts'

// One table in many forms: CSV or Parquet, one file, several, or a folder.

const { folder, file, checked, plan } = workplace()
const ROWS = 160
const all = Array.from({ length: ROWS }, (_, i) => i)
const size = (i: number) => (i % 11 === 0 ? null : ((i * 37) % 101) / 8 + 1 / 16)
const colour = (i: number) => (i % 13 === 0 ? null : ['red', 'green', 'blue'][(i * 7) % 3]!)
const label = (i: number) => ((size(i) ?? 5) + (i % 3) > 7 ? 'yes' : 'no')
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + ((i * 5) % 90)))

const csvOf = (rows: readonly number[], delimiter = ',') =>
  [
    ['size', 'colour', 'seen', 'ok', 'y'],
    ...rows.map(i => [
      size(i) ?? '',
      colour(i) ?? '',
      day(i).toISOString().slice(0, 10),
      i % 5 === 0 ? 'True' : 'False',
      label(i),
    ]),
  ]
    .map(cells => `${cells.join(delimiter)}\n`)
    .join('')

const parquetOf = (rows: readonly number[], names = ['size', 'colour', 'seen', 'ok', 'y']) => {
  const data: ((i: number) => number | string | boolean | Date | null)[] = [
    size,
    colour,
    day,
    i => i % 5 === 0,
    label,
  ]
  const types = ['DOUBLE', 'STRING', 'TIMESTAMP', 'BOOLEAN', 'STRING'] as const
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: names.map((name, j) => ({ name, data: rows.map(data[j]!), type: types[j]! })),
    }),
  )
}

const half = ROWS / 2
const profileOf = async (...args: string[]) => {
  const { code, stdout, stderr } = await checked(['profile', ...args, '--target', 'y', '--json', '--quiet'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as DatasetProfile
}

beforeAll(() => {
  file(csvOf(all), 'all.csv')
  file(csvOf(all.slice(0, half)), 'a.csv')
  file(csvOf(all.slice(half)), 'b.csv')
  file(csvOf(all.slice(half), ';'), 'semicolons.csv')
  file(parquetOf(all), 'all.parquet')
  file(parquetOf(all.slice(0, half)), 'a.parquet')
  file(parquetOf(all.slice(half)), 'b.parquet')
  mkdirSync(join(folder, 'mixed/_temporary'), { recursive: true })
  file(csvOf(all.slice(0, half)), 'mixed/part-0.csv')
  file(parquetOf(all.slice(half)), 'mixed/part-1.snappy.parquet')
  file('', 'mixed/_SUCCESS')
  file('junk', 'mixed/._part-0.csv')
})

describe('one table in many forms', () => {
  let asCsv: Promise<DatasetProfile> | undefined
  it.each([
    [['all.parquet']],
    [['a.csv', 'b.csv']],
    [['a.parquet', 'b.parquet']],
    [['a.csv', 'b.parquet']],
    [['a.parquet', 'semicolons.csv']],
    [['mixed']],
  ])('%j gives the profile of the whole', async args => {
    const [whole, parts] = await Promise.all([(asCsv ??= profileOf('all.csv')), profileOf(...args)])
    expect(parts.rows).toBe(ROWS)
    expect(decisions(parts)).toEqual(decisions(whole))
    const numbers = ({ columns }: DatasetProfile) =>
      columns.map(({ name, distinct, missingFraction, numeric }) => ({
        name,
        distinct,
        missingFraction,
        numeric,
      }))
    expect(numbers(parts)).toEqual(numbers(whole))
  })

  it('is written by read as the CSV it means', async () => {
    const rows = async (...args: string[]) => (await checked(['read', ...args])).stdout
    const whole = await rows('all.csv')
    expect(await rows('a.csv', 'b.csv')).toBe(whole)
    // Times are written in full by a file that has no dates without them.
    expect((await rows('all.parquet')).replaceAll(' 00:00:00', '')).toBe(whole)
    expect((await rows('mixed')).replaceAll(' 00:00:00', '')).toBe(whole)
    const { stdout } = await checked(['read', 'all.parquet', '--json'])
    expect(JSON.parse(stdout) as ReadingReport).toMatchObject({ format: 'parquet', rows: ROWS, warnings: [] })
  })

  it('gives the same answers, whatever was trained on and whatever is asked', async () => {
    const train = ['--target', 'y', '--max-candidates', '1', '--quiet', '--output']
    const runs = await Promise.all([
      checked(['run', 'all.csv', ...train, 'from-csv']),
      checked(['run', 'a.parquet', 'b.csv', ...train, 'from-both']),
    ])
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      [0, 0].map(code => ({ code, stderr: '' })),
    )
    const [answer, ...answers] = await Promise.all(
      [
        ['from-csv', 'all.csv'],
        ['from-csv', 'all.parquet'],
        ['from-csv', 'a.csv', 'b.parquet'],
        ['from-both', 'all.csv'],
        ['from-both', 'mixed'],
      ].map(async args => (await checked(['predict', ...args])).stdout),
    )
    expect(answer!.trim().split('\n').length).toBe(ROWS + 1)
    for (const other of answers) expect(other).toBe(answer)
    const scores = await Promise.all(
      ['all.csv', 'all.parquet', 'mixed'].map(
        async data => (await checked(['evaluate', 'from-csv', data, '--json'])).stdout,
      ),
    )
    expect(new Set(scores).size).toBe(1)
    const spec = JSON.parse(readFileSync(join(folder, 'from-both/experiment.json'), 'utf8')) as {
      spec: { data: string[] }
    }
    expect(spec.spec.data).toEqual(['a.parquet', 'b.csv'].map(name => join(folder, name)))
    expect((await checked(['describe', 'from-both'])).stdout).toContain('a.parquet and 1 more → y')
  })

  it('is refused by resume when one of its files has changed since', async () => {
    mkdirSync(join(folder, 'parts'))
    file(csvOf(all.slice(0, half)), 'parts/0.csv')
    file(parquetOf(all.slice(half)), 'parts/1.parquet')
    const { output } = await plan('parts')
    writeFileSync(join(folder, 'parts/1.parquet'), parquetOf(all.slice(half).toReversed()))
    const { code, stderr } = await checked(['resume', output, '--quiet'])
    expect(code).toBe(65)
    expect(stderr).toMatch(
      /E_DATA_CHANGED: data .*parts is not what the experiment began with: column "size" has 80 other cells .*SHA-256/,
    )
  })

  it('plans candidates from Parquet', async () => {
    const { code, stdout } = await checked(['plan', 'a.parquet', 'b.parquet', '--target', 'y'])
    expect(code).toBe(0)
    expect(stdout).toContain('why:')
  })
})

describe('files that do not belong together', () => {
  it.each([
    ['a column less', csvOf(all).replaceAll(/^([^,]*),[^,]*,/gm, '$1,'), /other\.csv.*lacks "colour"/],
    ['a column more', csvOf(all).replaceAll('\n', ',1\n').replace(',1', ',extra'), /it has "extra" besides/],
    [
      'another order',
      csvOf(all).replace('size,colour', 'colour,size'),
      /column 1 is "colour" where "size" was expected/,
    ],
  ])('%s is named', async (_, text, says) => {
    const { code, stderr } = await checked(['read', 'a.csv', file(text, 'other.csv'), '--json'])
    expect(code).toBe(65)
    expect(stderr).toMatch(/E_DIFFERENT_HEADER/)
    expect(stderr).toMatch(says)
  })

  it('so is a Parquet file of other columns, among its like or among CSV', async () => {
    file(parquetOf(all, ['size', 'colour', 'seen', 'good', 'y']), 'other.parquet')
    for (const first of ['a.csv', 'a.parquet']) {
      const { code, stderr } = await checked(['profile', first, 'other.parquet', '--json'])
      expect(code).toBe(65)
      expect(stderr).toMatch(/E_DIFFERENT_HEADER: "?other\.parquet"?.*lacks "ok" and it has "good" besides/)
    }
  })

  it('a header may be quoted or marked otherwise', async () => {
    file(
      `\ufeff${csvOf(all.slice(half)).replace('size,colour', '"size","colour"')}`.replaceAll('\n', '\r\n'),
      'quoted.csv',
    )
    const { stdout, code } = await checked(['read', 'a.csv', 'quoted.csv', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout) as ReadingReport).toMatchObject({ rows: ROWS })
  })

  it('an output that is one of them is refused', async () => {
    expect((await checked(['read', 'a.csv', 'b.csv', '--output', 'b.csv'])).code).toBe(64)
  })

  it('a damaged Parquet file stops with one sentence', async () => {
    const cut = file(parquetOf(all).subarray(0, 300), 'cut.parquet')
    const { code, stderr } = await checked(['run', cut, '--target', 'y', '--quiet'])
    expect(code).toBe(65)
    expect(stderr).toMatch(/E_TRUNCATED_PARQUET/)
  })
})

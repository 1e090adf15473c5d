import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { ColumnSource } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { readTable } from '../../src/data/table.ts'
import { createRng } from '../../src/util/rng.ts'
import { cellsOf, file, tableOf } from './files.ts'

// test/fixtures/parquet/make.py wrote the fixtures with pyarrow 26 and pandas 3.
const fixtures = join(import.meta.dirname, '../fixtures/parquet')
const fixture = (name: string) => join(fixtures, name)
const written = (columnData: ColumnSource[], more: object = {}, name = 'table.parquet') =>
  file(new Uint8Array(parquetWriteBuffer({ columnData, ...more })), name)
const codeOf = (path: string) =>
  readDataset(path).then(
    () => 'read',
    (error: { code?: string; exit?: string }) => `${error.code} ${error.exit}`,
  )

describe('a Parquet file of every type', () => {
  const both = Promise.all([readDataset(fixture('types.parquet')), readDataset(fixture('types.csv'))])

  it('has the kinds, uses and values of the CSV that pandas writes of the same table', async () => {
    const [parquet, csv] = await both
    const packed = tableOf(parquet.dataset)
    for (const [j, { name, kind, use }] of csv.schema.columns.entries()) {
      const twin = parquet.schema.columns.find(column => column.name === name)
      // A column of nulls has no type to compare.
      if (name !== 'nothing') expect({ name, kind: twin?.kind, use: twin?.use }).toEqual({ name, kind, use })
      const cells = cellsOf(csv.dataset.columns[j]!)
      if (name !== 'float32') expect(packed[name], name).toEqual(cells)
      // CSV holds the shortest decimal of a float32, the other file the float32 itself.
      else expect(packed[name]).toEqual(cells.map(cell => cell && Math.fround(cell as number)))
    }
  })

  it('reads bytes that are text as text, others as base64, lists and records as JSON', async () => {
    const [{ dataset, report }] = await both
    const table = tableOf(dataset)
    expect(table['binary']!.slice(0, 2)).toEqual(['//4A', 'ab'])
    expect(table['fixed']!.slice(0, 2)).toEqual(['AAAA', 'BBBB'])
    expect(table['list']![0]).toBe('[0,1.5,-2]')
    expect(table['record']![1]).toBe('{"a":1,"b":"x"}')
    expect(report).toMatchObject({ format: 'parquet', rows: 30 })
    expect(report.warnings.find(({ code }) => code === 'W_NESTED')?.examples).toEqual(['list', 'record'])
  })

  it('keeps whole numbers that float64 would round as the digits they are', async () => {
    const [{ dataset }] = await both
    expect(tableOf(dataset)['int64long']![0]).toBe('9007199254740993')
    expect(tableOf(dataset)['uint64']![0]).toBe('18446744073709551615')
  })

  it('gives the same rows of text as its CSV does', async () => {
    const { header, rows } = await readTable(fixture('types.parquet'))
    expect(rows.length).toBe(30)
    const at = (name: string, row: number) => rows[row]![header.indexOf(name)]
    expect(at('decimal9', 1)).toBe('1.99')
    expect(at('bool', 1)).toBe('False')
    expect(at('date', 1)).toBe('2024-02-03')
    expect(at('micros', 1)).toBe('2024-01-31 19:30:15.250')
    expect(at('string', 0)).toBe('')
  })

  it.each(['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'])('unpacks %s', async codec => {
    const { dataset } = await readDataset(fixture(`codec-${codec}.parquet`))
    const [{ dataset: whole }] = await both
    for (const column of dataset.columns)
      expect(cellsOf(column), column.name).toEqual(tableOf(whole)[column.name]!.slice(0, 5))
  })

  it('reads pages of the second version, delta and split encodings, and timestamps of 96 bits', async () => {
    const [{ dataset: whole }] = await both
    for (const name of ['v2-delta.parquet', 'int96.parquet']) {
      const { dataset } = await readDataset(fixture(name))
      for (const column of dataset.columns)
        expect(cellsOf(column), column.name).toEqual(tableOf(whole)[column.name]!.slice(0, dataset.rows))
    }
  })
})

describe('a Parquet file', () => {
  const rows = 500
  const columns = (): ColumnSource[] => [
    {
      name: 'x',
      data: Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? null : ((i * i) % 101) / 8)),
      type: 'DOUBLE',
    },
    {
      name: 'word',
      data: Array.from({ length: rows }, (_, i) => ['a', 'b', null, 'd'][i % 4]),
      type: 'STRING',
    },
    {
      name: 'when',
      data: Array.from({ length: rows }, (_, i) => new Date(1.7e12 + i * 1e7)),
      type: 'TIMESTAMP',
    },
  ]

  it('is known by its first bytes, whatever its name', async () => {
    const { dataset } = await readDataset(written(columns(), {}, 'table.csv'))
    expect(dataset.columns.map(column => column.kind)).toEqual(['numeric', 'categorical', 'datetime'])
  })

  it('has the same values whatever its row groups', async () => {
    const whole = tableOf((await readDataset(written(columns()))).dataset)
    const parts = tableOf((await readDataset(written(columns(), { rowGroupSize: 37, pageSize: 64 }))).dataset)
    expect(parts).toEqual(whole)
  })

  it('may name its columns twice, by dots, or as the parts of an object', async () => {
    const names = ['__proto__', 'a.b', 'a', 'a', '', 'constructor']
    const data = names.map((name, j): ColumnSource => ({ name, data: [1.5 + j, 2.5, 3.5], type: 'DOUBLE' }))
    const { dataset, report } = await readDataset(written(data))
    expect(dataset.columns.map(column => column.name)).toEqual([
      '__proto__',
      'a.b',
      'a',
      'a__2',
      'col_5',
      'constructor',
    ])
    expect(dataset.columns.map(column => cellsOf(column)[0])).toEqual([1.5, 2.5, 3.5, 4.5, 5.5, 6.5])
    expect(report.warnings.map(({ code }) => code)).toContain('W_DUP_COLUMN')
  })

  it('is read by a schema that was learnt from CSV in another writing, and the other way round', async () => {
    const text =
      'x;when;word\n' +
      Array.from(
        { length: 30 },
        (_, i) => `1.${100 + i},5;${1 + (i % 28)}.03.2024;${i % 2 ? 'a' : 'b'}\n`,
      ).join('')
    const { schema, dataset } = await readDataset(file(text))
    expect(schema.columns.map(({ number, datetime }) => number?.decimal ?? datetime?.order)).toEqual([
      ',',
      'dmy',
      undefined,
    ])
    const path = written([
      { name: 'word', data: Array.from({ length: 30 }, (_, i) => (i % 2 ? 'a' : 'b')), type: 'STRING' },
      { name: 'x', data: Array.from({ length: 30 }, (_, i) => 1100.5 + i), type: 'DOUBLE' },
      {
        name: 'when',
        data: Array.from({ length: 30 }, (_, i) => new Date(Date.UTC(2024, 2, 1 + (i % 28)))),
        type: 'TIMESTAMP',
      },
    ])
    expect(tableOf((await readDataset(path, { schema })).dataset)).toEqual(tableOf(dataset))
    const plain =
      'word,x,when\n' +
      Array.from(
        { length: 30 },
        (_, i) => `${i % 2 ? 'a' : 'b'},${1100.5 + i},2024-03-${String(1 + (i % 28)).padStart(2, '0')}\n`,
      ).join('')
    const learnt = await readDataset(path)
    expect(tableOf((await readDataset(file(plain), { schema: learnt.schema })).dataset)).toEqual(
      tableOf(learnt.dataset),
    )
  })

  it('takes the kinds a person chose', async () => {
    const overrides = { x: 'categorical', when: 'text', word: 'ignored' } as const
    const { schema, dataset } = await readDataset(written(columns()), { overrides })
    expect(schema.columns.map(({ kind, use }) => `${kind} ${use}`)).toEqual([
      'categorical feature',
      'categorical ignored',
      'text feature',
    ])
    expect(tableOf(dataset)['when']![0]).toBe('2023-11-14 22:13:20')
  })

  it('without rows has columns, and nothing to train on', async () => {
    const { dataset } = await readDataset(fixture('empty.parquet'))
    expect(dataset).toMatchObject({ rows: 0 })
    expect(dataset.columns.length).toBe(34)
    await expect(readDataset(fixture('empty.parquet'), { target: 'y' })).rejects.toMatchObject({
      code: 'E_NO_ROWS',
    })
  })
})

describe('a Parquet file that cannot be read', () => {
  const whole = readFileSync(fixture('types.parquet'))

  it('says that it was cut short, is encrypted, or packed by an unknown codec', async () => {
    for (const length of [4, 8, 11, 1000, whole.length - 1])
      expect(await codeOf(file(whole.subarray(0, length)))).toBe('E_TRUNCATED_PARQUET badData')
    expect(await codeOf(fixture('encrypted.parquet'))).toBe('E_ENCRYPTED_PARQUET badData')
    expect(await codeOf(fixture('encrypted-columns.parquet'))).toBe('E_ENCRYPTED_PARQUET badData')
    const compressors = { LZO: (bytes: Uint8Array) => bytes }
    const lzo = written([{ name: 'x', data: [1, 2, 3], type: 'INT32' }], { codec: 'LZO', compressors })
    expect(await codeOf(lzo)).toBe('E_PARQUET_CODEC badData')
    await expect(readDataset(lzo)).rejects.toThrow(/LZO/)
  })

  it('says that it is damaged, wherever a byte is wrong, and never runs away', async () => {
    const rng = createRng(5)
    for (let k = 0; k < 80; k++) {
      const bytes = Buffer.from(whole)
      for (let n = 0; n < 3; n++)
        bytes[4 + Math.floor(rng.next() * (bytes.length - 8))] = Math.floor(rng.next() * 256)
      const started = performance.now()
      expect(await codeOf(file(bytes, 'damaged.parquet'))).toMatch(
        /^(?:read|E_(?:BAD|TRUNCATED|ENCRYPTED)_PARQUET badData|E_PARQUET_CODEC badData)$/,
      )
      expect(performance.now() - started).toBeLessThan(60_000)
    }
  })
})

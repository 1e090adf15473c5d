import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { cellsOf, file, gzipped, tableOf } from './files.ts'

const read = (text: string | Uint8Array, options = {}) => readDataset(file(text), options)
const codes = (report: { warnings: readonly { code: string }[] }) => report.warnings.map(item => item.code)

describe('readDataset', () => {
  it('reads numbers, words and missing cells into typed columns', async () => {
    const { dataset, schema, report } = await read('age,city,paid\n31,Bonn,yes\n,Köln,no\n44,,yes\n', {
      target: 'paid',
    })
    expect(tableOf(dataset)).toEqual({
      age: [31, undefined, 44],
      city: ['Bonn', 'Köln', undefined],
      paid: ['yes', 'no', 'yes'],
    })
    expect(schema.columns.map(column => [column.kind, column.use])).toEqual([
      ['numeric', 'feature'],
      ['categorical', 'feature'],
      ['categorical', 'target'],
    ])
    expect(report).toMatchObject({ encoding: 'utf-8', delimiter: ',', newline: '\n', rows: 3 })
  })

  it('reads the same table from gzip, whatever the file is called', async () => {
    const text = 'a,b\n1,x\n2,y\n'
    expect(tableOf((await readDataset(gzipped(text))).dataset)).toEqual(tableOf((await read(text)).dataset))
    const misnamed = file(gzipSync(text), 'plain.csv')
    expect((await readDataset(misnamed)).dataset.rows).toBe(2)
  })

  it('keeps whole numbers and halves as float32 and tenths as float64', async () => {
    const { dataset } = await read('a,b,c\n1,0.5,0.1\n200,1.5,0.2\n')
    expect(
      dataset.columns.map(column => (column.kind === 'numeric' ? column.values.constructor.name : '')),
    ).toEqual(['Float32Array', 'Float32Array', 'Float64Array'])
  })

  it('reads a column again as words when it stops being numbers far down the file', async () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `${i % 7},${i === 59_000 ? 'seven' : i % 5},w${i % 3}`,
    )
    const { dataset, report } = await read(`a,b,c\n${rows.join('\n')}\n`)
    expect(dataset.columns.map(column => column.kind)).toEqual(['numeric', 'categorical', 'categorical'])
    expect(cellsOf(dataset.columns[1]!)[59_000]).toBe('seven')
    expect(cellsOf(dataset.columns[1]!)[3]).toBe('3')
    expect(report.rows).toBe(60_000)
  })

  it('takes damage in a column of many different numbers for missing values, and counts it', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `${i * 3 + 0.25},${i % 2}`)
    rows[700] = 'oops,1'
    const { dataset, report } = await read(`a,b\n${rows.join('\n')}\n`)
    expect(dataset.columns[0]!.kind).toBe('numeric')
    expect(cellsOf(dataset.columns[0]!)[700]).toBeUndefined()
    expect(report.warnings.find(item => item.code === 'W_TYPE_MIX')).toMatchObject({
      count: 1,
      examples: ['oops'],
    })
  })

  it('keeps labels of the target as they stand in the file', async () => {
    const { dataset, schema } = await read('x,y\n1,01\n2,02\n3,01\n', { target: 'y' })
    expect(cellsOf(dataset.columns[1]!)).toEqual(['01', '02', '01'])
    expect(schema.columns[1]).toMatchObject({ kind: 'categorical', use: 'target' })
    const floats = await read('x,y\n1,1.0\n2,0.0\n3,1.0\n', { target: 'y' })
    expect(cellsOf(floats.dataset.columns[1]!)).toEqual(['1.0', '0.0', '1.0'])
  })

  it('keeps minus as a label beside plus', async () => {
    const { dataset } = await read('x,y\n1,+\n2,-\n3,+\n', { target: 'y' })
    expect(cellsOf(dataset.columns[1]!)).toEqual(['+', '-', '+'])
  })

  it('never ignores the target, even when it numbers the rows', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i % 7},${i}`)
    const { schema } = await read(`a,id\n${rows.join('\n')}\n`, { target: 'id' })
    expect(schema.columns[1]!.use).toBe('target')
  })

  it('ignores keys, row counters, constant and empty columns, each with its reason', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i},c${(i * 7919) % 104_729},${1000 + ((i * 37) % 101)},same,,${i % 3}`,
    )
    const { schema, report } = await read(`,code,customer_id,k,empty,f\n${rows.join('\n')}\n`)
    expect(schema.columns.map(column => column.use)).toEqual([
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'feature',
    ])
    expect(schema.columns[0]!.name).toBe('col_1')
    expect(codes(report)).toEqual(
      expect.arrayContaining(['W_EMPTY_NAME', 'W_ID_COLUMN', 'W_CONSTANT', 'W_ALL_MISSING']),
    )
  })

  it('follows the kinds the user chose', async () => {
    const text = 'a,b,c\n1,2,x\n3,4,y\n'
    const { schema } = await read(text, { overrides: { a: 'categorical', b: 'ignored', c: 'text' } })
    expect(schema.columns.map(column => [column.kind, column.use])).toEqual([
      ['categorical', 'feature'],
      ['numeric', 'ignored'],
      ['text', 'feature'],
    ])
    await expect(read(text, { overrides: { z: 'text' } })).rejects.toMatchObject({ code: 'E_UNKNOWN_COLUMN' })
  })

  it('tells progress up to the end', async () => {
    const seen: number[] = []
    await read('a,b\n1,x\n2,y\n', { onProgress: (fraction: number) => seen.push(fraction) })
    expect(seen.at(-1)).toBe(1)
  })
})

describe('reading with a schema', () => {
  const text = 'n,d,w,t\n"1,5",31/12/2020,x,1\n"2,5",01/02/2021,y,0\n"3,5",13/02/2021,x,1\n'

  it('matches columns by name, leaves out others and never infers again', async () => {
    const { schema } = await read(text, { target: 't' })
    const again = await read('extra;w;d;n\nq;x;05/06/2022;7,25\nq;zzz;nonsense;many\n', { schema })
    expect(again.dataset.columns.map(column => column.name)).toEqual(['n', 'd', 'w'])
    expect(tableOf(again.dataset)).toEqual({
      n: [7.25, undefined],
      d: [Date.UTC(2022, 5, 5), undefined],
      w: ['x', 'zzz'],
    })
    expect(codes(again.report)).toEqual(['W_EXTRA_COLUMNS', 'W_TYPE_MIX', 'W_TYPE_MIX'])
  })

  it('names the columns that are not there', async () => {
    const { schema } = await read(text, { target: 't' })
    await expect(read('w,q\nx,1\n', { schema })).rejects.toMatchObject({
      code: 'E_MISSING_COLUMNS',
      message: expect.stringContaining('"n", "d"') as string,
    })
  })

  it('reads the training file to the same values', async () => {
    const first = await read(text, { target: 't' })
    const again = await read(text, { schema: first.schema })
    expect(again.dataset.columns).toEqual(first.dataset.columns)
  })
})

describe('files that cannot be read', () => {
  it.each([
    ['nothing', '', 'E_EMPTY_FILE'],
    ['a byte order mark alone', '\ufeff', 'E_EMPTY_FILE'],
    ['blank lines alone', '\n\n \n', 'E_EMPTY_FILE'],
    ['a workbook', Buffer.from('504b030414000600', 'hex'), 'E_NOT_TEXT'],
    ['a picture', Buffer.from('89504e470d0a1a0a00', 'hex'), 'E_NOT_TEXT'],
    ['NUL bytes', 'a,b\n1,\u0000\u0000\u0000\n', 'E_NOT_TEXT'],
    ['cut gzip', gzipSync('a,b\n1,2\n'.repeat(1000)).subarray(0, 40), 'E_TRUNCATED_GZIP'],
    ['a header alone', 'a,b\n', 'E_NO_ROWS'],
  ])('%s is refused', async (_, data, code) => {
    await expect(read(data, { target: 'a' })).rejects.toMatchObject({ code, exit: 'badData' })
  })

  it('names the nearest file when there is none of that name', async () => {
    const path = file('a,b\n1,2\n', 'train.csv')
    await expect(readDataset(path.replace('train', 'trian'))).rejects.toMatchObject({
      code: 'E_NO_SUCH_FILE',
      exit: 'noInput',
      message: expect.stringContaining('train.csv') as string,
    })
  })

  it('says that a folder is a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'glasspilot-folder-'))
    await expect(readDataset(folder)).rejects.toMatchObject({ code: 'E_IS_DIRECTORY', exit: 'noInput' })
  })

  it('names the nearest column when the target is not in the header', async () => {
    await expect(read('age,churn \n1,2\n', { target: 'Churn' })).rejects.toMatchObject({
      code: 'E_TARGET_NOT_FOUND',
      message: expect.stringContaining('did you mean "churn "?') as string,
    })
  })

  it('refuses a target that two columns are named for', async () => {
    await expect(read('y,a,y\n1,2,3\n', { target: 'y' })).rejects.toMatchObject({
      code: 'E_TARGET_AMBIGUOUS',
    })
  })

  it('reads a header alone as a table of no rows when nothing is to be learnt', async () => {
    expect((await read('a,b\n')).dataset).toMatchObject({ rows: 0 })
  })
})

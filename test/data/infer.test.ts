import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import type { ReadOptions } from '../../src/data/read.ts'
import { sequenceLength, sequenceShape } from '../../src/data/sequence.ts'
import { cellsOf, file } from './files.ts'

type Cell = (row: number) => string | number

/** The first column of a file of 240 rows, as it is decided beside one of numbers. */
async function decided(
  name: string,
  cell: Cell,
  { rows = 240, before = false, ...options }: ReadOptions & { rows?: number; before?: boolean } = {},
) {
  const line = (own: string, other: string | number) => (before ? `${other};${own}\n` : `${own};${other}\n`)
  const quoted = (text: string | number) => `"${String(text).replaceAll('"', '""')}"`
  const text =
    line(quoted(name), 'x') +
    Array.from({ length: rows }, (_, i) => line(quoted(cell(i)), ((i * 31) % 97) + 0.5)).join('')
  const { dataset, schema, report } = await readDataset(file(text), options)
  const at = before ? 1 : 0
  const column = schema.columns[at]!
  return { ...column, cells: cellsOf(dataset.columns[at]!), codes: report.warnings.map(({ code }) => code) }
}
const verdict = async (...args: Parameters<typeof decided>) => {
  const { kind, use } = await decided(...args)
  return `${kind} ${use}`
}

describe('row names and keys', () => {
  it('are dropped: counting from any number in the first column, from 0 or 1 anywhere', async () => {
    expect(await verdict('rowname', i => 140 + i)).toBe('numeric ignored')
    expect(await verdict('no', i => 5000 + i)).toBe('numeric ignored')
    expect(await verdict('no', i => i, { before: true })).toBe('numeric ignored')
    expect(await verdict('no', i => 5000 + i, { before: true })).toBe('numeric feature')
  })

  it('are not the years or days of a series', async () => {
    expect(await verdict('Year', i => 1780 + i)).toBe('numeric feature')
    expect(await verdict('day_of_trial', i => 7 + i)).toBe('numeric feature')
  })

  it('have no name and begin anew where tables were put end to end', async () => {
    expect(await verdict('', i => i % 52)).toBe('numeric ignored')
    expect(await verdict('Unnamed: 0', i => i % 52)).toBe('numeric ignored')
    expect(await verdict('__index_level_0__', i => (i * 7) % 240)).toBe('numeric ignored')
    expect(await verdict('week', i => i % 52)).toBe('numeric feature')
    expect(await verdict('', i => (i * 17) % 13)).toBe('numeric feature')
  })

  it('may have a few rows twice, when each is a word of its own', async () => {
    const { kind, use, reason, codes } = await decided('name', i => `GENE-${i % 238}-X`)
    expect(`${kind} ${use}`).toBe('text ignored')
    expect(reason).toContain('99.2 % of rows have a word of their own')
    expect(codes).toContain('W_ID_COLUMN')
    expect(await verdict('name', i => `GENE-${i % 200}-X`)).toBe('categorical feature')
    expect(await verdict('name', i => `gene ${i % 238} of the list`)).toBe('text feature')
    // In a short table two rows alike are reason enough to look.
    expect(await verdict('name', i => `G${i % 39}`, { rows: 40 })).toBe('categorical feature')
  })

  it('stay when a person sets their type', async () => {
    expect(await verdict('rowname', i => 140 + i, { overrides: { rowname: 'numeric' } })).toBe(
      'numeric feature',
    )
    expect(await verdict('name', i => `G${i}`, { overrides: { name: 'categorical' } })).toBe(
      'categorical feature',
    )
  })
})

describe('digits that are codes, and digits that are not', () => {
  it('whole numbers that come again under a name of codes are categories, and keys when they do not', async () => {
    for (const name of ['Area Code', 'MGR_ID', 'zip', 'customerId']) {
      const { kind, reason } = await decided(name, i => 400 + ((i * 7) % 40))
      expect({ name, kind }).toEqual({ name, kind: 'categorical' })
      expect(reason).toContain('codes')
    }
    expect(await verdict('customerId', i => (i * 7919) % 1_000_003)).toBe('numeric ignored')
    expect(await verdict('code', i => (i % 9) + 0.5)).toBe('numeric feature')
    expect(await verdict('episodes', i => i % 9)).toBe('numeric feature')
    expect(await verdict('zip', i => 400 + (i % 40), { overrides: { zip: 'numeric' } })).toBe(
      'numeric feature',
    )
  })

  it('a zero before some digits and not before others is a way of writing numbers', async () => {
    const { kind, number, cells } = await decided('a', i =>
      i % 5 === 0 ? String((i * 3) % 68) : String((i * 3) % 68).padStart(2, '0'),
    )
    expect({ kind, number }).toMatchObject({ kind: 'numeric', number: { padded: true } })
    expect(cells.slice(0, 5)).toEqual([0, 3, 6, 9, 12])
    expect(await verdict('a', i => String((i * 3) % 68).padStart(2, '0'))).toBe('categorical feature')
    expect(await verdict('a', i => String((i * 3) % 168).padStart(i % 2 ? 3 : 1, '0'))).toBe(
      'categorical feature',
    )
  })

  it('one remark in place of many numbers is a missing value, however often', async () => {
    const { kind, cells, codes } = await decided('price', i =>
      i % 2 ? 'no price yet -->' : 10 + ((i * 13) % 211) / 4,
    )
    expect({ kind, first: cells.slice(0, 2), mix: codes.includes('W_TYPE_MIX') }).toEqual({
      kind: 'numeric',
      first: [10, undefined],
      mix: true,
    })
    expect(await verdict('size', i => (i % 2 ? ['S', 'M', 'L', 'XL'][i % 4]! : 30 + (i % 20)))).toBe(
      'categorical feature',
    )
  })
})

describe('sequences', () => {
  it('are texts that list numbers, with or without brackets', async () => {
    const lists: Cell[] = [
      i => `${i / 8}, ${i}, ${-i}, 1e3`,
      i => `[${i}, ${i + 1}, null, 4.5]`,
      i => `${i};2;3`,
      i => Array.from({ length: 12 }, (_, k) => (i * k) % 256).join(' '),
    ]
    for (const cell of lists) {
      const { kind, use, sequence, reason, cells } = await decided('signal', cell)
      expect({ kind, use, sequence }).toEqual({ kind: 'text', use: 'feature', sequence: true })
      expect(reason).toMatch(/^240 values are sequences of \d+ numbers$/)
      expect(cells[3]).toBe(cell(3))
    }
  })

  it('may differ in length and miss some', async () => {
    const { sequence, reason } = await decided('s', i =>
      i % 9 === 0 ? '' : Array.from({ length: 3 + (i % 4 === 0 ? 2 : 0) }, (_, k) => k + i).join(),
    )
    expect(sequence).toBe(true)
    expect(reason).toContain('mostly 3 numbers')
  })

  it.each([
    ['numbers with thousands', '1,234,567'],
    ['pairs', '52.5, 13.4'],
    ['telephone numbers', '555 123 4567'],
    ['addresses', '192.168.0.1'],
    ['dates', '2024-01-31'],
    ['words', 'red, green, 3'],
    ['nothing but holes', '?, ?, ?'],
  ])('are not %s', (_, text) => {
    if (text !== '1,234,567') expect(sequenceLength(text)).toBeUndefined()
    expect(sequenceShape([[text.replace('1,234,567', 'x'), 1]])).toBeUndefined()
  })

  it('of thousands are numbers before they are sequences', async () => {
    expect(await verdict('n', i => `1,${200 + i},567`)).toBe('numeric feature')
  })

  it('are what a person says they are, and text keeps being text', async () => {
    const pair: Cell = i => `${i}, ${2 * i}`
    expect((await decided('p', pair, { overrides: { p: 'sequence' } })).sequence).toBe(true)
    const chosen = await decided('p', i => `${i}, 1, 2`, { overrides: { p: 'text' } })
    expect(chosen).toMatchObject({ kind: 'text', reason: 'it was set to be text' })
    expect(chosen.sequence).toBeUndefined()
  })

  it('are found among lists of a Parquet file too, and keep being read as text by the schema', async () => {
    const { fixture } = { fixture: `${import.meta.dirname}/../fixtures/parquet/types.parquet` }
    const { schema } = await readDataset(fixture)
    const list = schema.columns.find(({ name }) => name === 'list')
    expect(list).toMatchObject({ kind: 'text', sequence: true })
    const again = await readDataset(fixture, { schema: { columns: [list!] } })
    expect(cellsOf(again.dataset.columns[0]!)[1]).toBe('[1,1.5,-2]')
  })
})

describe('what is chosen by a person', () => {
  const table = file(
    `a,b,c,y\n${Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 3},${i % 5},${i % 2}\n`).join('')}`,
  )

  it('only the listed columns are features, besides the target', async () => {
    const { schema } = await readDataset(table, { features: ['b', 'c'], target: 'y' })
    expect(schema.columns.map(({ use }) => use)).toEqual(['ignored', 'feature', 'feature', 'target'])
    expect(schema.columns[0]!.reason).toBe('it was set to be ignored')
  })

  it('a column that is not there is named before anything is read', async () => {
    for (const options of [{ features: ['B'] }, { overrides: { B: 'text' } }] as ReadOptions[]) {
      await expect(readDataset(table, options)).rejects.toMatchObject({ code: 'E_UNKNOWN_COLUMN' })
      await expect(readDataset(table, options)).rejects.toThrow(/"B".*"b"/)
    }
  })
})

describe('what short files and damaged bytes leave behind', () => {
  it('blanks behind the delimiters belong to them under a header without, however few the rows', async () => {
    const rows = (n: number) =>
      `a,b,c\n${Array.from({ length: n }, (_, i) => `${i}, x${i % 2}, y\n`).join('')}`
    for (const n of [1, 2, 5, 19, 40]) {
      const { dataset } = await readDataset(file(rows(n)), { overrides: { b: 'categorical' } })
      expect(cellsOf(dataset.columns[1]!)[0]).toBe('x0')
    }
  })

  it('a byte that is not UTF-8 is named by its line', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},größe ${i}\n`)
    const bytes = Buffer.from(`n,t\n${lines.join('')}`)
    const at = bytes.indexOf('größe 47000')
    bytes[at] = 0xff
    const { report } = await readDataset(file(bytes))
    const warning = report.warnings.find(({ code }) => code === 'W_ENCODING')!
    expect(warning).toMatchObject({ count: 1, lines: [47_002] })
    expect(warning.message).toContain('the first on line 47002')
    expect(warning.examples[0]).toMatch(/^47000,\ufffdröße 47000/)
  })
})

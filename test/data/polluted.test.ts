import { describe, expect, it } from 'vitest'
import { readTable } from '../../src/data/table.ts'
import { file } from './files.ts'

// Our own table, spoilt in the ways files are spoilt.
const header = ['day', 'time', 'pieces', 'code', 'price', 'thing', 'remark']
const rows = Array.from({ length: 60 }, (_, i) => [
  `${String((i % 28) + 1).padStart(2, '0')}/11/2021`,
  `${String(i % 24).padStart(2, '0')}:30`,
  String(i % 9),
  `AB-${1000 + i}`,
  `$${(i * 1.25 + 3).toFixed(2)}`,
  i % 3 === 0 ? `Lamp, model ${i}` : `Chair model ${i}`,
  i % 5 === 0 ? `said "fine" and left ${i}` : '',
])
const cell = (text: string, quote = '"') =>
  new RegExp(`[,;\\t|\\n${quote}]`).test(text) ? quote + text.replaceAll(quote, quote + quote) + quote : text
const lineOf = (cells: readonly string[], delimiter = ',') => cells.map(text => cell(text)).join(delimiter)
const lines = () => [header, ...rows].map(row => lineOf(row))
const read = (text: string | Uint8Array) => readTable(file(text))
const codes = (report: { warnings: readonly { code: string }[] }) =>
  report.warnings.map(warning => warning.code)

describe('a spoilt file', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('is read exactly with %s line ends, with or without the last', async (_, newline) => {
    for (const end of ['', newline, newline + newline]) {
      const table = await read(lines().join(newline) + end)
      expect(table).toMatchObject({ header, rows })
      expect(codes(table.report)).toEqual([])
    }
  })

  it('ends a row at each kind of line end, and says so once', async () => {
    const text = lines()
      .map((line, i) => line + (i % 7 === 3 ? '\r\n' : i % 7 === 5 ? '\r' : '\n'))
      .join('')
    const table = await read(text)
    expect(table).toMatchObject({ header, rows })
    expect(codes(table.report)).toEqual(['W_MIXED_NEWLINES'])
  })

  it.each([';', '\t', '|', ', '])('is read exactly with %j between cells', async delimiter => {
    const text = [header, ...rows].map(row => lineOf(row, delimiter)).join('\n')
    const table = await read(text)
    expect(table).toMatchObject({ header, rows })
  })

  it('obeys a first line that names the delimiter', async () => {
    const table = await read(`sep=|\n${[header, ...rows].map(row => lineOf(row, '|')).join('\n')}`)
    expect(table).toMatchObject({ header, rows })
  })

  it('never lets a stray quote swallow the lines after it', async () => {
    for (const at of [1, 17, 60]) {
      for (let column = 0; column < header.length; column++) {
        const spoilt = lines()
        const cells = [header, ...rows][at]!.map(text => cell(text))
        cells[column] = `"${cells[column]}`
        spoilt[at] = cells.join(',')
        const table = await read(spoilt.join('\n'))
        expect(table.rows).toHaveLength(60)
        expect(table.rows.toSpliced(at - 1, 1)).toEqual(rows.toSpliced(at - 1, 1))
        expect(table.rows[at - 1]).toHaveLength(7)
        expect(codes(table.report)).toContain('W_STRAY_QUOTE')
        expect(table.report.warnings[0]!.lines).toEqual([at + 1])
      }
    }
  })

  it('takes out a surplus delimiter where the cells fit best, and names the line', async () => {
    const spoilt = lines()
    spoilt[20] = spoilt[20]!.replace(',', ',,')
    const table = await read(spoilt.join('\n'))
    expect(table.rows).toEqual(rows)
    expect(table.report.warnings).toMatchObject([{ code: 'W_RAGGED_ROW', count: 1, lines: [21] }])
  })

  it('skips a preamble, joins a stacked header, leaves out a second table', async () => {
    const preamble = await read(`Sales report,,,,,,\n,,,,,,\n${lines().join('\n')}`)
    expect(preamble).toMatchObject({ header, rows })
    expect(codes(preamble.report)).toEqual(['W_PREAMBLE'])
    const stacked = await read(`${lineOf(header)}\n${lines().join('\n')}`)
    expect(stacked).toMatchObject({ header: header.map(name => `${name} ${name}`), rows })
    expect(codes(stacked.report)).toEqual(['W_MULTI_HEADER'])
    const double = await read(`${lines().join('\n')}\n${lines().slice(0, 30).join('\n')}\n`)
    expect(double).toMatchObject({ header, rows })
    expect(double.report.warnings).toMatchObject([{ code: 'W_SECOND_TABLE', count: 29, lines: [62] }])
  })

  it('names columns by position when there is no header', async () => {
    const table = await read(lines().slice(1).join('\n'))
    expect(table.header).toEqual(['col_1', 'col_2', 'col_3', 'col_4', 'col_5', 'col_6', 'col_7'])
    expect(table.rows).toEqual(rows)
    expect(codes(table.report)).toEqual(['W_NO_HEADER'])
  })

  it('sets footnotes aside, never silently', async () => {
    const table = await read(`${lines().join('\n')}\nTotal: 60\n`)
    expect(table.rows).toEqual(rows)
    expect(table.report.quarantined).toEqual([
      { line: 62, cells: ['Total: 60'], reason: '1 cell where 7 were expected' },
    ])
    expect(codes(table.report)).toEqual(['W_BAD_ROW'])
  })

  it('is refused when more than a tenth of its rows are ragged', async () => {
    const spoilt = Array.from({ length: 300 }, (_, i) => (i % 4 === 0 ? '1,2,x,y,z' : '1,2,3'))
    await expect(read(`a,b,c\n${spoilt.join('\n')}\n`)).rejects.toMatchObject({ code: 'E_RAGGED_FILE' })
  })

  it.each([
    ['utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['windows-1252', (text: string) => Buffer.from(text, 'latin1')],
  ])('is known to be %s without a mark', async (encoding, write) => {
    const text = `name,größe\nJürgen,1\nZoë,2\nNuñez,3\n`
    const table = await read(write(text))
    expect(table).toMatchObject({
      header: ['name', 'größe'],
      rows: [
        ['Jürgen', '1'],
        ['Zoë', '2'],
        ['Nuñez', '3'],
      ],
    })
    expect(table.report.encoding).toBe(encoding)
    expect(codes(table.report)).toEqual(['W_ENCODING'])
  })

  it('is read again as Windows-1252 when the first odd byte stands far down', async () => {
    const text = `n,w\n${Array.from({ length: 60_000 }, (_, i) => `${i},plain`).join('\n')}\n7,café\n`
    const table = await read(Buffer.from(text, 'latin1'))
    expect(table.rows.at(-1)).toEqual(['7', 'café'])
  })

  it('is UTF-8 still when one byte of many is damaged', async () => {
    const text = Buffer.from(`w\n${'größe,'.repeat(50)}\n${'größe,'.repeat(50)}\n`)
    text[text.indexOf('ö')] = 0xff
    const table = await read(text)
    expect(table.report.encoding).toBe('utf-8')
    expect(table.report.warnings.find(warning => warning.code === 'W_ENCODING')).toMatchObject({
      count: expect.any(Number) as number,
    })
  })
})

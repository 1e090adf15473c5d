import * as fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { PlainNumberBuilder, WordBuilder } from '../../src/data/builders.ts'
import { readMixedBytes } from '../../src/data/mixed-lane.ts'
import { readDataset } from '../../src/data/read.ts'
import { readTable } from '../../src/data/table.ts'
import { createRng } from '../../src/util/rng.ts'
import { cellsOf, file } from './files.ts'

async function* pieces(whole: Buffer, cuts: readonly number[]) {
  const places = [0, ...cuts.map(cut => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  for (let i = 1; i < places.length; i++)
    if (places[i]! > places[i - 1]!) yield whole.subarray(places[i - 1]!, places[i]!)
}

/** Columns alternate between words and numbers. */
const builders = (width: number) =>
  Array.from({ length: width }, (_, j) => (j % 2 ? new PlainNumberBuilder(4) : new WordBuilder(4)))

const contents = (all: ReturnType<typeof builders>) =>
  all.map(builder =>
    builder instanceof PlainNumberBuilder
      ? {
          values: builder.contradiction ? [] : [...builder.store.finish()],
          contradiction: builder.contradiction,
          ...(!builder.contradiction && { missing: builder.missing, nonFinite: builder.nonFinite }),
        }
      : {
          words: Array.from({ length: builder.store.length }, (_, row) => builder.store.at(row)),
          counts: builder.store.counts,
        },
  )

/** What the parser of record makes of a text, dealt out to builders as the lane's are. */
const expected = (text: string, delimiter: string, newline: '\n' | '\r\n', width: number) => {
  const all = builders(width)
  const { data } = Papa.parse<string[]>(text, { delimiter, newline })
  let line = 1
  for (const cells of data) {
    const start = line
    line += cells.join('').split('\n').length
    if (cells.length > 1 || cells[0] !== '') cells.forEach((cell, j) => all[j]!.push(cell, () => start))
  }
  return contents(all)
}

const word = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom(
    '',
    ' ',
    'a,b',
    'say "hi"',
    'two\nlines',
    'two\r\nlines',
    'größe',
    '売上',
    '🙂',
    'NA',
    '"',
    'a',
    'b',
    'sixteen letters!',
    'seventeen letters',
    'and a text of "many" letters, more than any kernel takes at once',
  ),
)
const numeral = fc.oneof(
  fc.double({ noNaN: true }).map(String),
  fc.integer().map(String),
  fc.constantFrom(
    '',
    'NA',
    '-',
    '-0',
    '1e999',
    'inf',
    '.5',
    '5.',
    '1e5',
    '00012',
    '0.1',
    ' 7',
    '12345678901234567',
    'x',
  ),
)

describe('the byte lane of mixed tables', () => {
  it('reads what the parser of record reads, cell for cell, or gives up', async () => {
    let accepted = 0
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 5 }).chain(width =>
          fc.array(fc.tuple(...Array.from({ length: width }, (_, j) => (j % 2 ? numeral : word))), {
            minLength: 1,
            maxLength: 12,
          }),
        ),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n' as const, '\r\n' as const),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.integer({ min: 1, max: 200 }),
        async (rows, delimiter, newline, quotes, ended, cuts, pieceBytes) => {
          const text =
            Papa.unparse(rows as string[][], { delimiter, newline, quotes }) + (ended ? newline : '')
          const width = rows[0]!.length
          const found = builders(width)
          const table = {
            builders: found,
            delimiter,
            newline,
            skipRecords: 0,
            firstLine: 1,
            firstName: 'never',
            pieceBytes,
          }
          const read = await readMixedBytes(pieces(Buffer.from(text), cuts), table)
          runs++
          if (!read) return
          accepted++
          expect(contents(found)).toEqual(expected(text, delimiter, newline, width))
        },
      ),
      { numRuns: process.env['GLASSPILOT_FULL'] ? 20_000 : 600 },
    )
    expect(accepted).toBeGreaterThan(0.7 * runs)
  })

  it('gives up whenever bytes in any order are not what the parser of record would write', async () => {
    const alphabet = [
      'a',
      'é',
      '1',
      '0',
      '-',
      '.',
      ' ',
      '"',
      '"',
      '""',
      ',',
      ',',
      '\n',
      '\n',
      '\r\n',
      '\r',
      'NA',
    ]
    const cell = fc.oneof(fc.constantFrom('a', '1', '"a"', '"1"', ''), fc.constantFrom(...alphabet))
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(cell, fc.constantFrom('a,1\n', '"a",-1.5\n', 'a,1\r\n')), { maxLength: 40 }),
        fc.constantFrom('\n' as const, '\r\n' as const),
        fc.integer({ min: 1, max: 100 }),
        async (parts, newline, pieceBytes) => {
          const text = parts.join('')
          const found = builders(2)
          const read = await readMixedBytes(pieces(Buffer.from(text), []), {
            builders: found,
            delimiter: ',',
            newline,
            skipRecords: 0,
            firstLine: 1,
            firstName: 'never',
            pieceBytes,
          })
          if (!read) return
          accepted++
          expect(Papa.parse(text, { delimiter: ',', newline, skipEmptyLines: true }).errors).toEqual([])
          expect(contents(found)).toEqual(expected(text, ',', newline, 2))
        },
      ),
      { numRuns: process.env['GLASSPILOT_FULL'] ? 100_000 : 2000 },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  it('keeps texts end to end once nearly every word of a long column is new', async () => {
    const rows = 120_000
    const cellAt = (row: number) => (row % 7 === 0 ? `say ""${row}"", größer` : `${row} is a text of its own`)
    async function* chunks() {
      for (let row = 0; row < rows; row += 1000)
        yield Buffer.from(
          Array.from({ length: 1000 }, (_, i) => `"${cellAt(row + i)}",${row + i}\n`).join(''),
        )
    }
    const found = builders(2)
    const table = { builders: found, delimiter: ',', newline: '\n' as const, skipRecords: 0, firstLine: 1 }
    expect(await readMixedBytes(chunks(), { ...table, firstName: 'never' })).toEqual({ rows })
    const { store } = found[0] as WordBuilder
    expect(store.text).toBeDefined()
    const word = new WordBuilder(rows)
    for (let row = 0; row < rows; row++) word.push(cellAt(row).replaceAll('""', '"'))
    expect(word.store.text).toBeDefined()
    const [ours, theirs] = [store.text!.finish(), word.store.text!.finish()]
    expect(Buffer.compare(ours.bytes, theirs.bytes)).toBe(0)
    expect(ours.offsets.findIndex((offset, row) => offset !== theirs.offsets[row])).toBe(-1)
    expect(ours.offsets).toHaveLength(rows + 1)
  })

  it.each([
    ['a row too short', 'a,1\nb\n'],
    ['a row too long', 'a,1,2\n'],
    ['a quote inside a bare cell', 'a"b,1\n'],
    ['text behind a closing quote', '"a"b,1\n'],
    ['a quote that never closes', '"a,1\nb,2\n'],
    ['another line end', 'a,1\r\nb,2\n'],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0x2c, 0x31, 10])],
    ['the header again', 'never,1\n'],
  ])('gives up at %s', async (_, data) => {
    const table = {
      builders: builders(2),
      delimiter: ',',
      newline: '\n' as const,
      skipRecords: 0,
      firstLine: 1,
    }
    expect(await readMixedBytes(pieces(Buffer.from(data), []), { ...table, firstName: 'never' })).toBe(false)
  })

  it('leads to the same dataset as the careful reader does', async () => {
    const rng = createRng(5)
    const lines = ['id,city,amount,note,key']
    for (let i = 0; i < 6000; i++) {
      const city = ['Köln', '"west, far"', '"the ""old"" town"', 'NA', ''][rng.int(5)]
      const note = rng.next() < 0.1 ? '"two\nlines"' : `note ${rng.int(4000)} of many words here`
      lines.push(`${i + 7},${city},${rng.next() < 0.1 ? '' : rng.normal().toFixed(4)},${note},k${i}`)
    }
    const clean = file(`${lines.join('\n')}\n`)
    const { dataset, report } = await readDataset(clean)
    expect(report).toMatchObject({ rows: 6000, warnings: [{ code: 'W_ID_COLUMN' }] })
    // A mixed line end at the very end sends the whole file to the careful reader.
    const careful = await readDataset(file(`${lines.join('\n')}\r\n`))
    expect(careful.report.warnings.map(({ code }) => code)).toContain('W_MIXED_NEWLINES')
    expect(dataset.columns).toEqual(careful.dataset.columns)
    const { rows } = await readTable(clean)
    const [city, note] = [dataset.columns[1]!, dataset.columns[3]!]
    for (const { kind } of [city, note]) expect(['categorical', 'text']).toContain(kind)
    const cities = cellsOf(city)
    const notes = cellsOf(note)
    rows.forEach((row, i) => {
      expect(cities[i] ?? '').toBe(row[1] === 'NA' ? '' : row[1])
      expect(notes[i]).toBe(row[3])
    })
  })
})

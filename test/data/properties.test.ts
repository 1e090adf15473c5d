import * as fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { readNumericBytes } from '../../src/data/byte-lane.ts'
import { PlainNumberBuilder } from '../../src/data/builders.ts'
import type { Dialect } from '../../src/data/dialect.ts'
import { createDecoder } from '../../src/data/encoding.ts'
import { plainNumber } from '../../src/data/numbers.ts'
import { readRecords } from '../../src/data/records.ts'
import { ReadingLog } from '../../src/data/report.ts'

async function* pieces<T extends { length: number; slice(from: number, to: number): T }>(
  whole: T,
  cuts: readonly number[],
) {
  const places = [0, ...cuts.map(cut => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  for (let i = 1; i < places.length; i++)
    if (places[i]! > places[i - 1]!) yield whole.slice(places[i - 1]!, places[i]!)
}

const cell = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    '',
    ' ',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' "x" ',
    'größe',
    '売上',
    '🙂',
    'a,b',
    '"a',
    '12',
    '-0.5',
  ),
)
const table = fc
  .integer({ min: 2, max: 5 })
  .chain(width =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  )
const cuts = fc.array(fc.nat(400), { maxLength: 6 })

describe('the record reader', () => {
  it('gives back what was written, whatever the delimiter, line end, quoting and chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        cuts,
        async (rows, delimiter, newline, quotes, at) => {
          const text = Papa.unparse(rows, { delimiter, newline, quotes }) + newline
          const dialect = {
            delimiter,
            quote: '"',
            escape: '"',
            newline,
            padded: false,
            ambiguous: false,
          } as Dialect
          const log = new ReadingLog()
          const read: string[][] = []
          for await (const block of readRecords(pieces(text, at), dialect, { width: rows[0]!.length, log }))
            read.push(...block.rows)
          expect(read).toEqual(rows)
        },
      ),
      { numRuns: 600 },
    )
  })

  it('does not judge a record that a chunk cuts behind a closing quote', async () => {
    const text = '",","\n","  "\r\n'
    const dialect: Dialect = {
      delimiter: ',',
      quote: '"',
      escape: '"',
      newline: '\r\n',
      padded: false,
      ambiguous: false,
    }
    for (let cut = 0; cut <= text.length; cut++) {
      const read: string[][] = []
      const options = { width: 3, log: new ReadingLog() }
      for await (const block of readRecords(pieces(text, [cut]), dialect, options)) read.push(...block.rows)
      expect(read).toEqual([[',', '\n', '  ']])
    }
  })

  it('knows on which line each row starts', async () => {
    const text = 'a,b\n"x\ny",1\n2,3\n"p\nq\nr",4\n5,6\n'
    const dialect: Dialect = {
      delimiter: ',',
      quote: '"',
      escape: '"',
      newline: '\n',
      padded: false,
      ambiguous: false,
    }
    for (let cut = 0; cut < text.length; cut++) {
      const lines: number[] = []
      for await (const block of readRecords(pieces(text, [cut]), dialect, {
        width: 2,
        log: new ReadingLog(),
      })) {
        block.rows.forEach((_, i) => lines.push(block.lineOf(i)))
      }
      expect(lines).toEqual([1, 2, 4, 5, 8])
    }
  })
})

describe('the decoder', () => {
  it('completes characters that chunks cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), cuts, async (text, at) => {
        for (const [label, bytes] of [
          ['utf-8', Buffer.from(text)],
          ['utf-16le', Buffer.from(text, 'utf16le')],
        ] as const) {
          const decoder = createDecoder(label)
          let read = ''
          for await (const piece of pieces(bytes, at)) read += decoder.push(piece)
          expect(read + decoder.end()).toBe(new TextDecoder(label, { ignoreBOM: true }).decode(bytes))
        }
      }),
      { numRuns: process.env['GLASSPILOT_FULL'] ? 1000 : 100 },
    )
  })
})

describe('plainNumber', () => {
  it('reads every number as JavaScript prints it, to the last bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        const text = String(value)
        const digits = /^-?\d{16,}$/.test(text)
        expect(plainNumber(text)).toBe(digits ? NaN : Number(text))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    '',
    ' ',
    '-',
    '.',
    '+',
    'e5',
    '1e',
    '0x1F',
    '007',
    '1_000',
    '1,5',
    '--1',
    '1-',
    'NaN',
    '12345678901234567',
    '١٢٣',
    '1'.repeat(65),
  ])('takes %j for no number', text => expect(plainNumber(text)).toBeNaN())

  it('answers at once on hostile text', () => {
    const start = performance.now()
    for (const text of [`${'1'.repeat(33)}x`, '1,'.repeat(32_768), ' '.repeat(65_536)])
      expect(plainNumber(text)).toBeNaN()
    expect(performance.now() - start).toBeLessThan(5000) // one that hangs takes years
  })
})

describe('the byte lane', () => {
  const number = fc.oneof(
    fc.integer({ min: -300, max: 300 }).map(String),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map(String)
      .filter(text => !/^-?\d{16,}$/.test(text)),
    fc.constantFrom('', 'NA', '0.1', '-0', '1e-7', '.5', '5.', ' 7', 'inf', '123456.789012345678'),
  )

  it('reads the same numbers as the text way, cell for cell', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 5 }).chain(width =>
          fc.array(fc.array(number, { minLength: width, maxLength: width }), {
            minLength: 1,
            maxLength: 20,
          }),
        ),
        fc.constantFrom('\n' as const, '\r\n' as const),
        cuts,
        async (rows, newline, at) => {
          const width = rows[0]!.length
          const bytes = Buffer.from(`h${newline}${rows.map(row => row.join(',')).join(newline)}`)
          const lane = Array.from({ length: width }, () => new PlainNumberBuilder(4))
          const text = Array.from({ length: width }, () => new PlainNumberBuilder(4))
          const read = await readNumericBytes(
            pieces(bytes, at),
            lane,
            { delimiter: ',', newline },
            { skipLines: 1 },
          )
          rows.forEach(row => row.forEach((cell, j) => text[j]!.push(cell, () => 0)))
          expect(read).toMatchObject({ rows: rows.length })
          lane.forEach((builder, j) => {
            expect(builder.store.finish()).toEqual(text[j]!.store.finish())
            expect([builder.missing, builder.nonFinite, builder.tokens]).toEqual([
              text[j]!.missing,
              text[j]!.nonFinite,
              text[j]!.tokens,
            ])
          })
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each(['1,x', '"1",2', '1', '1,2,3', '1,007', '1,2\r3', 'é,1'])('gives up on the line %j', async line => {
    const lane = [new PlainNumberBuilder(4), new PlainNumberBuilder(4)]
    const bytes = Buffer.from(`h\n1,2\n${line}\n3,4\n`)
    expect(
      await readNumericBytes(pieces(bytes, []), lane, { delimiter: ',', newline: '\n' }, { skipLines: 1 }),
    ).toBe(false)
  })
})

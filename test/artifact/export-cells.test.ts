import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDate, type DateOrder } from '../../src/data/dates.ts'
import { isMissingText } from '../../src/data/missing.ts'
import { parseNumber, type NumberFormat } from '../../src/data/numbers.ts'
import type { ColumnSchema } from '../../src/data/schema.ts'
import { hasPython, python } from '../notebook/python.ts'

// The packages have readers of their own: what a cell means to them must be what it means to Glasspilot.

const TEMPLATES = resolve(import.meta.dirname, '../../templates/package')
const { valueOf } = (await import(/* @vite-ignore */ `${TEMPLATES}/node/table.mjs`)) as {
  valueOf: (text: string, column: ColumnSchema) => number | string | undefined
}
const noPython = !hasPython()
const because = noPython ? ' (skipped: GLASSPILOT_PYTHON names no Python)' : ''

const column = (rest: Pick<ColumnSchema, 'kind'> & Partial<ColumnSchema>): ColumnSchema => ({
  name: 'x',
  use: 'feature',
  reason: '',
  missing: ['NA', '?'],
  ...rest,
})
const formats: NumberFormat[] = [
  { decimal: '.', thousands: '', percent: false, currency: '' },
  { decimal: ',', thousands: '.', percent: false, currency: '€' },
  { decimal: '.', thousands: ',', percent: true, currency: '$' },
  { decimal: ',', thousands: ' ', percent: false, currency: 'kr' },
  { decimal: '.', thousands: "'", percent: false, currency: 'CHF' },
  { decimal: ',', thousands: '', percent: true, currency: '' },
  { decimal: '.', thousands: '', percent: false, currency: '', padded: true },
]
const orders: DateOrder[] = ['iso', 'ymd', 'dmy', 'mdy']
const columns = [
  ...formats.map(number => column({ kind: 'numeric', number })),
  ...orders.map(order => column({ kind: 'datetime', datetime: { order } })),
  column({ kind: 'categorical' }),
  column({ kind: 'text' }),
]

/** Texts that are nearly numbers or nearly dates, made of the pieces of both. */
const piece = (pieces: string) => fc.constantFrom(...pieces.split('·'))
const numberish = fc
  .array(
    piece(
      "0·1·12·123·12345678·007·1234567890123456·.·,·'· ·\u00a0·\u202f·-·+·−·(·)·%·€·$·kr·CHF·e·E5·e-7·e400·NA",
    ),
    {
      minLength: 1,
      maxLength: 7,
    },
  )
  .map(parts => parts.join(''))
const part = piece('1·01·5·12·13·29·30·31·2·99·68·69·1969·2020·2024·0001·20240229·jan·Feb·september·foo·00')
const gap = piece('-·/·.· ·, · - ·,·. ·')
const clock = piece(
  '··· 10:30·T23:59:60·T24:00:00.5Z· 9:05 PM·, 12:30:15,250 +02:00·T10:30-0530·T01:02 UTC+15· 1:2· 12:00 a.m.·x·\u00a0',
)
const dateish = fc.tuple(part, gap, part, gap, part, clock).map(parts => parts.join(''))
const goodDate = fc
  .tuple(
    piece('-·/·.· '),
    fc.nat(31),
    piece('1·02·12·13·Jan·march'),
    piece('1999·2024·0099·68·69'),
    fc.boolean(),
    clock,
  )
  .map(([mark, day, month, year, yearFirst, time]) => {
    const parts = [String(day).padStart(2, '0'), month, year]
    return (yearFirst ? parts.reverse() : parts).join(mark) + time
  })
const text = fc.oneof(
  goodDate,

  numberish,
  dateish,
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', ' ', 'NA', ' ? ', '07', ' 00 ', '0.'),
)

const number = (value: number) => (Number.isFinite(value) ? value : undefined)
function expected(cell: string, { kind, missing, number: format, datetime }: ColumnSchema) {
  if (isMissingText(cell, new Set(missing))) return undefined
  if (kind === 'numeric') return number(parseNumber(cell, format!))
  return kind === 'datetime' ? number(parseDate(cell, datetime!.order)) : cell
}

const cases = fc.sample(text, { numRuns: 20_000, seed: 7 })
const plain = (value: number | string | undefined) =>
  value === undefined ? null : Object.is(value, -0) ? 0 : value

describe('what a cell means', () => {
  it('has numbers, dates and holes among the cases', () => {
    for (const item of columns.slice(0, -2)) {
      const values = cases.map(cell => expected(cell, item))
      expect(values.filter(value => value !== undefined).length).toBeGreaterThan(100)
      expect(values.filter(value => value === undefined).length).toBeGreaterThan(1000)
    }
  })

  it.each(columns.map(item => [JSON.stringify(item.number ?? item.datetime ?? item.kind), item] as const))(
    'in Node: %s',
    (_, item) => {
      for (const cell of cases) expect([cell, valueOf(cell, item)]).toEqual([cell, expected(cell, item)])
    },
  )

  it.skipIf(noPython)(`in Python${because}`, () => {
    const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(`${TEMPLATES}/python`)})
sys.dont_write_bytecode = True
import table
given = json.load(sys.stdin)
print(json.dumps([table.values(given["cases"], column) for column in given["columns"]]))`
    const answers = python(program, { cases, columns }) as (number | string | null)[][]
    for (const [i, item] of columns.entries()) {
      const wrong = cases.flatMap((cell, j) => {
        const [is, ought] = [answers[i]![j], plain(expected(cell, item))]
        return is === ought ? [] : [{ cell, is, ought }]
      })
      expect(wrong.slice(0, 5), JSON.stringify(item)).toEqual([])
    }
  })
})

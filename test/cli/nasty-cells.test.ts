import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codesOf, csv, decisions, insightsOf, label, workplace } from './nasty.ts'

const { file, read, profile, plan } = workplace()
const day = (i: number) => String((i % 28) + 1).padStart(2, '0')
const month = (i: number) => String((i % 12) + 1).padStart(2, '0')
const column = (found: Awaited<ReturnType<typeof profile>>, name: string) =>
  found.columns.find(item => item.name === name)!

describe('cells', () => {
  it('that are codes stay text; numbers are read in the writing of their column', async () => {
    const found = await profile(
      file(
        csv([
          ['zip', i => `0${2134 + (i % 9)}`],
          ['phone', i => `+4930${100_000 + (i % 9)}`],
          ['long', i => `1234567890123456${1000 + (i % 9)}`],
          ['beyond', i => `90071992547409${90 + (i % 9)}`],
          ['english', i => `${i + 1},234.5${i % 10}`],
          ['german', i => `${i + 1}.234,5${i % 10}`],
          ['french', i => `${i + 1}\u00a0234,5`],
          ['swiss', i => `${i + 1}'234`],
          ['account', i => `(${i * 3 + 100})`],
          ['dollars', i => `$${i * 7}.5`],
          ['share', i => `${i * 7} %`],
          ['exponent', i => `${i * 7}e5`],
          ['hex', i => `0x${(i % 9) + 16}`],
          ['mostly', i => (i % 30 === 4 ? 'n. bek.' : i * 7)],
          ['y', label],
        ]),
      ),
      'y',
    )
    expect(decisions(found)).toMatchObject({
      ...Object.fromEntries(
        ['zip', 'phone', 'long', 'beyond', 'hex'].map(name => [name, 'categorical feature']),
      ),
      ...Object.fromEntries(
        ['english', 'german', 'french', 'swiss', 'account', 'dollars', 'share', 'exponent', 'mostly'].map(
          name => [name, 'numeric feature'],
        ),
      ),
    })
    expect(column(found, 'beyond').top.map(({ value }) => value)).toContain('9007199254740993')
    expect(column(found, 'english').numeric!.min).toBeCloseTo(1234.5, 2)
    expect(column(found, 'german').numeric!.min).toBeCloseTo(1234.5, 2)
    expect(column(found, 'french').numeric!.min).toBe(1234.5)
    expect(column(found, 'account').numeric!.max).toBe(-100)
    expect(column(found, 'mostly').missing).toBe(2)
    expect(insightsOf(found)).toContain('W_TYPE_MIX')
  })

  it('that mean nothing are missing among numbers and kept among words', async () => {
    const holes = ['NaN', 'NA', 'N/A', 'null', 'None', '-', '?', ' ', '', '#N/A', '#REF!']
    const found = await profile(
      file(
        csv(
          [
            ['x', i => holes[i] ?? i * 1.5],
            ['sentinel', i => (i % 6 === 0 ? -999 : i * 1.5)],
            ['country', i => ['US', 'DE', 'NA', 'FR', 'IT'][i % 5]!],
            ['name', i => (i === 5 ? 'Null' : ['Abel', 'Bach', 'Cook', 'Dahl'][i % 4]!)],
            ['surname', i => ['True', 'Smith', 'Jones', 'Li'][i % 4]!],
            ['y', label],
          ],
          100,
        ),
      ),
      'y',
    )
    expect(column(found, 'x')).toMatchObject({ kind: 'numeric', missing: holes.length })
    expect(column(found, 'sentinel')).toMatchObject({ kind: 'numeric', missing: 0 })
    expect(column(found, 'sentinel').numeric!.min).toBe(-999)
    expect(insightsOf(found, 'sentinel')).toContain('W_SENTINEL')
    expect(column(found, 'country')).toMatchObject({ missing: 0, distinct: 5 })
    expect(column(found, 'surname').top.map(({ value }) => value)).toContain('True')
  })

  it('that are infinite or too large are missing and counted; huge ones stay', async () => {
    const odd = ['inf', '-Infinity', '1e308', '1e-320', '1e999', '-0']
    const name = file(
      csv([
        ['a', i => odd[i] ?? i * 1.5],
        ['b', i => `${i}e300`],
        ['y', label],
      ]),
    )
    const found = await profile(name, 'y')
    expect(column(found, 'a')).toMatchObject({ kind: 'numeric', missing: 3 })
    expect(column(found, 'a').numeric!.max).toBe(1e308)
    expect(found.insights.find(({ id }) => id === 'W_NON_FINITE')!.numbers).toMatchObject({ count: 3 })
    expect((await plan(name)).code).toBe(0)
  })

  it('of two types: numeric at nine tenths, words at seven; a late change names its line', async () => {
    const mixed = await profile(
      file(
        csv(
          [
            ['most', i => (i % 10 ? i * 1.5 : ['low', 'high', 'none given'][i % 3]!)],
            ['some', i => (i % 10 < 7 ? i * 1.5 : `word${i % 4}`)],
          ],
          300,
        ),
      ),
    )
    expect(decisions(mixed)).toEqual({ most: 'numeric feature', some: 'categorical feature' })
    expect(insightsOf(mixed)).toContain('W_TYPE_MIX')
    const late = file(
      csv(
        [
          ['a', i => i % 77],
          ['b', i => (i < 70_000 ? i % 9 : 'w')],
          ['y', label],
        ],
        100_000,
      ),
    )
    expect(decisions(await profile(late, 'y'))).toMatchObject({
      a: 'numeric feature',
      b: 'categorical feature',
    })
    const { output } = await plan(late)
    const report = JSON.parse(readFileSync(`${output}/data/reading.json`, 'utf8')) as Parameters<
      typeof codesOf
    >[0]
    expect(report.warnings).toMatchObject([{ code: 'W_LATE_TYPE', lines: [70_002], examples: ['w'] }])
  })

  it('that are truth values or dates', async () => {
    const found = await profile(
      file(
        csv([
          ['yes', i => (i % 2 ? 'yes' : 'no')],
          ['Y', i => (i % 3 ? 'Y' : 'N')],
          ['TRUE', i => (i % 5 ? 'TRUE' : 'false')],
          ['ja', i => (i % 3 ? 'ja' : 'nein')],
          ['one', i => i % 2],
          ['iso', i => `2023-${month(i)}-${day(i)}`],
          ['german', i => `${day(i)}.${month(i)}.2023`],
          ['american', i => `${month(i)}/${day(i)}/2023`],
          ['undecided', i => `${month(i)}/${month(i + 3)}/2023`],
          ['impossible', i => (i % 9 === 0 ? '2023-02-30' : `2023-${month(i)}-${day(i)}`)],
          ['short', i => `${day(i)}/${month(i)}/${10 + (i % 60)}`],
          ['unix_time', i => 1_600_000_000 + i * 86_400],
          ['created_at', i => 1_600_000_000_000 + i * 86_400_000],
          ['zone', i => `2023-${month(i)}-${day(i)}T10:00:00+02:00`],
          ['old', i => `${31 - (i % 3)}.12.1899`],
          ['far', i => `10000-${month(i)}-${day(i % 4)}`],
          ['y', label],
        ]),
      ),
      'y',
    )
    const is = (kind: string, names: string[]) =>
      Object.fromEntries(names.map(name => [name, `${kind} feature`]))
    expect(decisions(found)).toMatchObject({
      ...is('categorical', ['yes', 'Y', 'TRUE', 'ja', 'far']),
      ...is('numeric', ['one']),
      ...is('datetime', ['iso', 'german', 'american', 'undecided', 'impossible', 'short', 'zone', 'old']),
      ...is('datetime', ['unix_time', 'created_at']),
    })
    expect(column(found, 'impossible').missing).toBe(7)
    expect(insightsOf(found)).toContain('W_DATE_ORDER')
    expect(column(found, 'TRUE').top.map(({ value }) => value)).toEqual(['TRUE', 'false'])
  })

  it('that are long, many, or made to hang a reader are read in no time', async () => {
    const name = file(
      csv([
        ['note', i => (i === 3 ? 'word '.repeat(200_000) : `some text here number ${i}`)],
        ['digits', i => `${'1'.repeat(33)}x${i}`],
        ['ones', i => (i % 20 ? 'short' : '1,'.repeat(32_768))],
        ['blanks', i => (i % 20 ? 'short' : `${' '.repeat(65_536)}${i}`)],
        ['y', label],
      ]),
    )
    const start = performance.now()
    expect(await read(name)).toMatchObject({ rows: 60, warnings: [] })
    expect(performance.now() - start).toBeLessThan(60_000) // a reader that hangs takes hours
    const { code, output } = await plan(name)
    expect(code).toBe(0)
    expect(readFileSync(`${output}/data/reading.json`, 'utf8')).toContain('W_LONG_TEXT')
    const ids = file(
      csv(
        [
          ['id', i => `user-${i}`],
          ['x', i => i % 7],
          ['y', label],
        ],
        600_000,
      ),
    )
    expect(decisions(await profile(ids, 'y'))).toMatchObject({ id: 'text ignored', x: 'numeric feature' })
  })

  it('that are formulas for a spreadsheet stay as they are', async () => {
    const name = file(
      csv([
        ['f', i => ['=HYPERLINK("http://x","y")', '@SUM(A1)', '-2+3'][i % 3]!],
        ['y', label],
      ]),
    )
    expect(
      column(await profile(name, 'y'), 'f')
        .top.map(({ value }) => value)
        .sort(),
    ).toEqual(['-2+3', '=HYPERLINK("http://x","y")', '@SUM(A1)'].sort())
  })
})

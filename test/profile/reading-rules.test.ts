import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { rules } from '../../src/profile/insights.ts'
import type { Insight } from '../../src/profile/profile.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-reading-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

async function insightsOf(data: string | Uint8Array, target?: string): Promise<readonly Insight[]> {
  const path = join(folder, `${++files}.csv`)
  writeFileSync(path, data)
  const { dataset, schema, report } = await readDataset(path, target === undefined ? {} : { target })
  return (await profileDataset(dataset, schema, { report, seed: 0 })).insights
}

const rows = (n: number, row: (i: number) => string) => Array.from({ length: n }, (_, i) => row(i)).join('\n')
const plain = (n: number) => rows(n, i => `${(i * 7) % 13},${(i * 5) % 11},w${i % 3}`)

describe('reading warnings', () => {
  it('have each a rule, whatever code the reader emits', () => {
    const data = resolve(import.meta.dirname, '../../src/data')
    const emitted = new Set<string>()
    for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(n =>
      n.endsWith('.ts'),
    ))
      for (const [code] of readFileSync(join(data, name), 'utf8').matchAll(/(?<=['"`(])W_[A-Z_]+(?=['"`)])/g))
        emitted.add(code)
    expect(emitted.size).toBeGreaterThan(15)
    const told = new Set(rules.map(rule => rule.id))
    expect([...emitted].filter(code => !told.has(code))).toEqual([])
  })

  it.each<[string, string | Uint8Array, string, Partial<Insight['numbers']>, string?]>([
    ['W_PREAMBLE', `A title\nof two lines\na,b,c\n${plain(40)}\n`, 'A title', { count: 2 }],
    ['W_COMMENTS', `a,b,c\n${plain(20)}\n# a remark, no row\n${plain(20)}\n`, 'line 22', { count: 1 }],
    ['W_SECOND_TABLE', `a,b,c\n${plain(30)}\na,b,c\n${plain(5)}\n`, 'line 32', { lines: '32' }],
    ['W_MIXED_NEWLINES', `a,b,c\n${plain(20)}\r\n${plain(20)}\n`, 'line 21', { count: 1 }],
    ['W_EMPTY_NAME', `a,,c\n${plain(40)}\n`, 'col_2', { count: 1, examples: 'col_2' }],
    ['W_DUP_COLUMN', `a,a,c\n${plain(40)}\n`, 'a__2', { count: 1 }],
    ['W_LOOKALIKE_COLUMNS', `a,A,c\n${plain(40)}\n`, '"a" and "A"', {}],
    ['W_TARGET_LOOKALIKE', `y,Y ,c\n${plain(40)}\n`, 'Y ', {}, 'y'],
    ['W_RAGGED_ROW', `a,b,c\n${plain(40)}\n1,2,x,left over\n`, 'line 42', { count: 1, lines: '42' }],
    ['W_BAD_ROW', `a,b,c\n${plain(40)}\nTotal\n`, 'Total', { count: 1, examples: 'Total' }],
    ['W_STRAY_QUOTE', `a,b,c\n${plain(40)}\n1,2,x "y" z\n3,4,"x"y"\n`, 'line', {}],
    ['W_ENCODING', Buffer.from(`a,b,c\n${rows(40, i => `${i % 7},${i % 5},K\u00f6ln`)}\n`, 'latin1'), 'read as', {}], // prettier-ignore
    [
      'W_TYPE_MIX',
      `a,b,c\n${rows(60, i => `${i * 1.5 + 0.25},${i % 7},w${i % 3}`)}\nfoo,3,w\n`,
      '"foo"',
      { count: 1, examples: 'foo' },
    ],
    ['W_NON_FINITE', `a,b,c\n${plain(40)}\ninf,3,w1\n`, 'infinite', { count: 1 }],
    ['W_NO_HEADER', `${rows(40, i => `${i * 1.5},${i % 3},w${i % 3}`)}\n`, 'col_1', {}],
    [
      'W_DATE_ORDER',
      `d,b\n${rows(40, i => `0${1 + (i % 9)}/0${1 + ((i * 5) % 8)}/2020,${i % 7}`)}\n`,
      'day',
      {},
    ],
    [
      'W_LONG_TEXT',
      `t,b,y\n${rows(60, i => `"${i === 7 ? 'word '.repeat(20_000) : `some text here, number ${i % 50}`}",${i % 7},${i % 3}`)}\n`,
      'characters',
      {},
    ],
    ['W_ALL_MISSING', `a,b,c\n${rows(40, i => `${i % 7},,w${i % 3}`)}\n`, 'no value', {}],
    ['W_CONSTANT', `a,b,c\n${rows(40, i => `${i % 7},5,w${i % 3}`)}\n`, 'every value is', {}],
    ['W_ID_COLUMN', `id,b,c\n${rows(40, i => `${1000 + i},${i % 7},w${i % 3}`)}\n`, 'left out', {}],
  ])('%s is told with its numbers, what it means and what to do', async (id, data, says, numbers, target) => {
    const found = (await insightsOf(data, target)).filter(insight => insight.id === id)
    expect(found.length, JSON.stringify(found)).toBeGreaterThan(0)
    const [insight] = found
    expect(`${insight!.fact} ${JSON.stringify(insight!.numbers)}`).toContain(says)
    expect(insight!.numbers).toMatchObject(numbers)
    for (const part of [insight!.why, insight!.harmlessWhen, insight!.action]) expect(part).toMatch(/[.]$/)
  })

  it('of many columns are told together', async () => {
    const names = Array.from({ length: 6 }, (_, j) => `c${j}`)
    const data = `${names.join(',')}\n${rows(40, i => names.map((_, j) => (i === j ? 'oops' : i + j * 2)).join(','))}\n`
    const found = (await insightsOf(data)).filter(({ id }) => id === 'W_TYPE_MIX')
    expect(found).toMatchObject([{ numbers: { columns: 6, count: 6, examples: 'oops' } }])
  })
})

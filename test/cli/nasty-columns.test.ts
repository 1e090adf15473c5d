import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codesOf, csv, decisions, insightsOf, label, workplace } from './nasty.ts'
import type { Cells } from './nasty.ts'

const { file, read, profile, plan, checked } = workplace()
/** A column of few numbers, another for each `by`. */
const numbers =
  (by: number): Cells =>
  i =>
    ((i * 7919 + by * 31) % (11 + by)) * 1.5

describe('column names', () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'then',
    'length',
    ...[
      '1',
      '2024',
      '01',
      ' a ',
      'a.b[0]',
      '"quoted"',
      'a\nb',
      '{{x}}',
      '<img src=x onerror=alert(1)>',
      '=cmd',
    ],
    'größe',
    '売上',
    'цена',
    '🙂',
    'עברית',
    'e\u0301te\u0301',
    '\u00e9t\u00e9',
    'n\u001b[31m',
    'r\u202el',
    'z\u200bw',
    'u\u2028v',
    '</script>',
    "'; DROP TABLE x",
    '${x}',
  ]
  const text = csv([...names.map((name, j) => [name, numbers(j)] as const), ['y', label]])

  it('are kept exactly, in order, whatever they are', async () => {
    const name = file(text)
    const found = await profile(name, 'y')
    expect(found.columns.map(column => column.name)).toEqual([...names, 'y'])
    expect(decisions(found)).toEqual({
      ...Object.fromEntries(names.map(column => [column, 'numeric feature'])),
      y: 'categorical target',
    })
    const report = await read(name)
    expect(codesOf(report)).toEqual(['W_LOOKALIKE_COLUMNS'])
    expect(report.warnings[0]!.examples).toEqual(['e\u0301te\u0301 / \u00e9t\u00e9'])
  })

  it('do no harm in a plan, on screen or in a notebook', async () => {
    const name = file(text)
    const { code, output } = await plan(name)
    expect(code).toBe(0)
    const shown = await checked(['profile', name, '--target', 'y'])
    expect(shown.stdout).not.toMatch(/\u001b|\u202e/)
    const columns = JSON.parse(readFileSync(join(output, 'profile.json'), 'utf8')) as { columns: unknown[] }
    expect(columns.columns).toHaveLength(names.length + 1)
  })

  it('may be missing, or given twice', async () => {
    const twice = file(
      csv([
        ['a', numbers(1)],
        ['a', numbers(2)],
        ['A', numbers(3)],
        [' a', numbers(4)],
        ['y', label],
      ]),
    )
    expect((await profile(twice)).columns.map(({ name }) => name)).toEqual(['a', 'a__2', 'A', ' a', 'y'])
    expect(codesOf(await read(twice))).toEqual(['W_DUP_COLUMN', 'W_LOOKALIKE_COLUMNS'])
    const nameless = file(
      csv([
        ['', i => i],
        ['a', numbers(2)],
        ['', numbers(3)],
        ['y', label],
      ]),
    )
    const found = await profile(nameless, 'y')
    expect(decisions(found)).toEqual({
      col_1: 'numeric ignored',
      a: 'numeric feature',
      col_3: 'numeric feature',
      y: 'categorical target',
    })
    expect(insightsOf(found, 'col_1')).toContain('W_ID_COLUMN')
    expect(codesOf(await read(nameless))).toEqual(['W_EMPTY_NAME'])
    const allNameless = await profile(
      file(
        csv([
          ['', numbers(1)],
          ['', numbers(2)],
          ['', label],
        ]),
      ),
    )
    expect(allNameless.columns.map(({ name }) => name)).toEqual(['col_1', 'col_2', 'col_3'])
  })
})

describe('columns that tell nothing or too much', () => {
  it('are left out with a reason, or pointed at', async () => {
    const copied = file(
      csv(
        [
          ['Unnamed: 0', i => i],
          ['constant', () => 7],
          ['empty', () => ''],
          ['once', i => (i === 5 ? 3 : '')],
          ['half', i => (i % 2 ? 'v' : '')],
          ['key', i => `A${i * 7}x`],
          ['uuid', i => `0000000${i % 10}-0000-4000-8000-0000000${10_000 + i}`],
          ['x', numbers(5)],
          ['twin', numbers(5)],
          ['leak', i => (label(i) === 'yes' ? 1 : 0)],
          ['noisy leak', i => (label(i) === 'yes' ? 1 : 0) + ((i * 31) % 100) / 1000],
          ['y', label],
        ],
        300,
      ),
    )
    const found = await profile(copied, 'y')
    expect(decisions(found)).toMatchObject({
      'Unnamed: 0': 'numeric ignored',
      constant: 'numeric ignored',
      empty: 'categorical ignored',
      once: 'numeric ignored',
      half: 'categorical feature',
      key: 'text ignored',
      uuid: 'text ignored',
      x: 'numeric feature',
      twin: 'numeric feature',
      leak: 'numeric feature',
    })
    for (const [column, id] of [
      ['Unnamed: 0', 'W_ID_COLUMN'],
      ['constant', 'W_CONSTANT'],
      ['empty', 'W_ALL_MISSING'],
      ['once', 'W_CONSTANT'],
      ['key', 'W_ID_COLUMN'],
      ['uuid', 'W_ID_COLUMN'],
    ] as const)
      expect(insightsOf(found, column)).toContain(id)
    expect(insightsOf(found)).toContain('W_DUPLICATE_COLUMN')
    const ids = /LEAK|CORRELATION/
    expect(insightsOf(found, 'leak').join()).toMatch(ids)
    expect(insightsOf(found, 'noisy leak').join()).toMatch(ids)
    expect((await plan(copied)).code).toBe(0)
  })
})

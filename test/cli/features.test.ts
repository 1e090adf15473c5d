import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import { readFeatureSpecification } from '../../src/job/features.ts'
import { csv, decisions, label, workplace } from './nasty.ts'

// --features FILE in the form of Autopilot's FeatureSpecification.

const { folder, file, checked, plan } = workplace()
const table = file(
  csv([
    ['zip', i => String(10_000 + (i % 7))],
    ['size', i => ((i * 37) % 101) / 8],
    ['signal', i => `${i}, ${2 * i}`],
    ['note', i => ['red', 'green', 'blue'][i % 3]!],
    ['seen', i => `2024-03-${String(1 + (i % 28)).padStart(2, '0')}`],
    ['y', label],
  ]),
)
const spec = (value: unknown) => file(typeof value === 'string' ? value : JSON.stringify(value), undefined)
const profiled = async (value: unknown) => {
  const { code, stdout, stderr } = await checked([
    'profile',
    table,
    '--target',
    'y',
    '--features',
    spec(value),
    '--json',
    '--quiet',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return decisions(JSON.parse(stdout) as DatasetProfile)
}

describe('a feature specification', () => {
  it('types columns, sequences among them', async () => {
    const FeatureDataTypes = {
      zip: 'numeric',
      signal: 'sequence',
      note: 'text',
      seen: 'categorical',
      size: 'categorical',
    }
    expect(await profiled({ FeatureDataTypes })).toEqual({
      zip: 'numeric feature',
      size: 'categorical feature',
      signal: 'text feature',
      note: 'text feature',
      seen: 'categorical feature',
      y: 'categorical target',
    })
  })

  it('chooses columns, and types some of them', async () => {
    const found = await profiled({
      FeatureAttributeNames: ['size', 'note'],
      FeatureDataTypes: { note: 'text' },
    })
    expect(found).toMatchObject({ size: 'numeric feature', note: 'text feature', y: 'categorical target' })
    for (const name of ['zip', 'signal', 'seen']) expect(found[name]).toMatch(/ ignored$/)
  })

  it('is what a run learns from, its group and weight aside', async () => {
    const features = spec({ FeatureAttributeNames: ['size', 'note'] })
    const { code, stderr, output } = await plan(table, 'y', '--features', features, '--group', 'zip')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { columns } = JSON.parse(readFileSync(join(output, 'data/schema.json'), 'utf8')) as {
      columns: { name: string }[]
    }
    expect(columns.map(({ name }) => name)).toEqual(['size', 'note'])
  })

  it.each([
    [
      'a type there is none of',
      { FeatureDataTypes: { note: 'string' } },
      /FeatureDataTypes\.note.*"numeric" \| "categorical"/,
    ],
    ['names that are no list', { FeatureAttributeNames: 'size' }, /FeatureAttributeNames/],
    ['another key', { FeatureNames: [] }, /FeatureNames/],
    ['the target', { FeatureAttributeNames: ['size', 'y'] }, /names the target "y"/],
    ['a column twice', { FeatureAttributeNames: ['size', 'size'] }, /names a column twice/],
    [
      'a type for what is left out',
      { FeatureAttributeNames: ['size'], FeatureDataTypes: { note: 'text' } },
      /types a column/,
    ],
    ['a list', [], /top level/],
    [
      'no JSON on the third line',
      '{\n  "FeatureDataTypes": {\n    "note": text\n  }\n}',
      /is not JSON from line 3 on/,
    ],
    ['a comma missing on the fourth', '{\n"FeatureAttributeNames": [\n"size"\n"note"\n]}', /line 4 /],
    ['no end', '{\n  "FeatureAttributeNames": ["size"]\n', /line 3 /],
    ['nothing', '', /line 1 /],
  ])('with %s is refused in one sentence', (_, value, says) => {
    expect(() => readFeatureSpecification(join(folder, spec(value)), 'y')).toThrow(says)
  })

  it('that is refused ends the command, whether its form is wrong or its columns', async () => {
    const wrong = [
      { FeatureNames: [] },
      { FeatureAttributeNames: ['sise'] },
      { FeatureDataTypes: { Note: 'text' } },
    ]
    const said = await Promise.all(
      wrong.map(value => checked(['profile', table, '--target', 'y', '--features', spec(value), '--quiet'])),
    )
    expect(said.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      [64, 65, 65].map(code => ({ code, stdout: '' })),
    )
    expect(said[0]!.stderr).toMatch(/E_FEATURES_FILE.*FeatureNames/)
    expect(said[1]!.stderr).toMatch(/E_UNKNOWN_COLUMN: no column "sise".*did you mean "size"/)
    expect(said[2]!.stderr).toMatch(/E_UNKNOWN_COLUMN: no column "Note".*did you mean "note"/)
  })

  it('that is not there is missed', async () => {
    const { code, stderr } = await checked(['run', table, '--target', 'y', '--features', 'none.json'])
    expect(code).toBe(66)
    expect(stderr).toMatch(/E_FEATURES_FILE.*none\.json/)
  })

  it('that leaves nothing to learn from says so', async () => {
    const { code, stderr } = await plan(table, 'y', '--features', spec({ FeatureAttributeNames: [] }))
    expect(code).toBe(65)
    expect(stderr).toContain('E_NO_FEATURES')
  })
})

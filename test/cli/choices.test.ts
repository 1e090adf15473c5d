import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import type { ModelInfo } from '../../src/pipeline/onnx-model.ts'
import { csv, insightsOf, workplace } from './nasty.ts'

const { folder, file, plan, checked } = workplace()
const profileOf = (output: string) =>
  JSON.parse(readFileSync(join(output, 'profile.json'), 'utf8')) as DatasetProfile
const candidatesOf = (text: string) =>
  (JSON.parse(text) as { candidates: { groups: { columns: string[] }[] }[] }).candidates

const isYes = (i: number) => (i * i + 3 * i) % 7 < 3
const leaky = (rows = 300) =>
  csv(
    [
      ['size', i => (((i * 7919) % 101) + (isYes(i) ? 20 : 0)) * 1.5],
      ['colour', i => ['red', 'green', 'blue'][(i * 31) % 3]!],
      ['refunded', i => (isYes(i) ? 1 : 0)],
      ['churn', i => (isYes(i) ? 'yes' : 'no')],
    ],
    rows,
  )

describe('--drop-leaks', () => {
  it('leaves a leak out of the features of run, plan and profile, and says so in log and profile', async () => {
    const name = file(leaky())
    const kept = profileOf((await plan(name, 'churn')).output)
    expect(kept.droppedLeaks).toBeUndefined()
    expect(kept.insights.find(({ id }) => id === 'W_LEAKAGE')!.action).toContain('--drop-leaks')

    const run = await checked(['run', name, '--target', 'churn', '--definitions-only', '--drop-leaks', '--output', 'dropped']) // prettier-ignore
    expect(run.code).toBe(0)
    expect(run.stderr).toMatch(/note: left out.*--drop-leaks.*"refunded"/)
    const profile = profileOf(join(folder, 'dropped'))
    expect(profile.droppedLeaks).toEqual(['refunded'])
    expect(profile.columns.find(column => column.name === 'refunded')).toMatchObject({ use: 'ignored' })
    expect(profile.columns.find(column => column.name === 'refunded')!.reason).toContain('--drop-leaks')
    expect(profile.insights.find(({ id }) => id === 'W_LEAKAGE')).toMatchObject({
      column: 'refunded',
      action: expect.stringContaining('left it out') as string,
    })
    expect(profile.quickModel!.score).toBeLessThan(kept.quickModel!.score)
    const schema = JSON.parse(readFileSync(join(folder, 'dropped', 'data', 'schema.json'), 'utf8')) as {
      columns: { name: string }[]
    }
    expect(schema.columns.map(column => column.name)).toEqual(['size', 'colour'])
    for (const { groups } of candidatesOf(readFileSync(join(folder, 'dropped', 'candidates.json'), 'utf8')))
      expect(groups.flatMap(({ columns }) => columns)).not.toContain('refunded')

    const planned = await checked(['plan', name, '--target', 'churn', '--drop-leaks', '--json'])
    expect(planned.stderr).toContain('"refunded"')
    for (const { groups } of candidatesOf(planned.stdout))
      expect(groups.flatMap(({ columns }) => columns)).not.toContain('refunded')
    const told = await checked(['profile', name, '--target', 'churn', '--drop-leaks', '--json'])
    expect((JSON.parse(told.stdout) as DatasetProfile).droppedLeaks).toEqual(['refunded'])
  })

  it('refuses a table of nothing but leaks', async () => {
    const name = file(csv([['a', i => i % 2], ['b', i => 5 - (i % 2)], ['y', i => (i % 2 ? 'yes' : 'no')]], 300)) // prettier-ignore
    const { code, stderr } = await plan(name, 'y', '--drop-leaks')
    expect(code).toBe(65)
    expect(stderr).toMatch(/E_NO_FEATURES.*give the target away/)
  })
})

describe('FeatureAttributeNames', () => {
  it('keeps the listed columns only, and an unknown one is refused', async () => {
    const name = file(leaky())
    const features = file('{"FeatureAttributeNames": ["size", "colour"]}', 'features.json')
    const { output } = await plan(name, 'churn', '--features', features)
    const profile = profileOf(output)
    expect(profile.columns.map(({ name, use }) => `${name} ${use}`)).toEqual([
      'size feature',
      'colour feature',
      'refunded ignored',
      'churn target',
    ])
    expect(insightsOf(profile)).not.toContain('W_LEAKAGE')
    const wrong = file('{"FeatureAttributeNames": ["sise"]}', 'wrong.json')
    const refused = await plan(name, 'churn', '--features', wrong)
    expect(refused.code).toBe(64)
    expect(refused.stderr).toMatch(/E_FEATURES_FILE.*"sise".*did you mean "size"/)
  })
})

describe('--normalise-labels', () => {
  const written = (rows: number, ways: readonly string[]) =>
    csv(
      [
        ['size', i => (((i * 7919) % 101) + (isYes(i) ? 200 : 0)) * 1.5],
        ['age', i => (i * 31) % 53],
        ['churn', i => (isYes(i) ? ways[i % ways.length]! : 'no')],
      ],
      rows,
    )
  const ways = ['Yes', ' yes', 'YES', 'Yes']

  it('joins labels that differ in case and space, and says so', async () => {
    const name = file(written(280, ways))
    const apart = profileOf((await plan(name, 'churn')).output)
    expect(apart.target).toMatchObject({ task: 'multiclass' })
    expect(apart.insights.find(({ id }) => id === 'W_LABEL_VARIANTS')!.action).toContain('--normalise-labels')

    const run = await checked(['run', name, '--target', 'churn', '--definitions-only', '--normalise-labels', '--output', 'joined']) // prettier-ignore
    expect(run.stderr).toMatch(/" yes", "YES", "Yes" are one class, "Yes"/)
    const profile = profileOf(join(folder, 'joined'))
    expect(profile.target).toMatchObject({
      task: 'binary',
      joined: [{ label: 'Yes', writings: [' yes', 'YES', 'Yes'] }],
    })
    expect(profile.target!.classes!.map(({ label }) => label).sort()).toEqual(['Yes', 'no'])
    const planned = await checked(['plan', name, '--target', 'churn', '--normalise-labels'])
    expect(planned.stderr).toContain('are one class')
    const told = await checked(['profile', name, '--target', 'churn', '--normalise-labels', '--json'])
    expect((JSON.parse(told.stdout) as DatasetProfile).target).toMatchObject({ task: 'binary' })
  })

  it('goes with the model: predictions have one label, and new writings are scored as it', async () => {
    const name = file(written(280, ways))
    const trained = await checked(['run', name, '--target', 'churn', '--normalise-labels', '--max-candidates', '2', '--quiet', '--json', '--output', 'model']) // prettier-ignore
    expect(trained.code).toBe(0)
    const info = JSON.parse(readFileSync(join(folder, 'model', 'model', 'model.json'), 'utf8')) as ModelInfo
    expect(info.task).toMatchObject({ task: 'binary', labels: 'normalised' })
    const test = file(written(140, ['yEs', 'ＹＥＳ ', 'Yes', 'yes']))
    const scored = await checked(['evaluate', 'model', test, '--json'])
    expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 140, metrics: { Accuracy: 1 } })
    const predicted = await checked(['predict', 'model', test, '--output', 'predicted.csv'])
    expect(predicted.code).toBe(0)
    const labels = readFileSync(join(folder, 'predicted.csv'), 'utf8').trim().split('\n').slice(1)
    expect(new Set(labels.map(line => line.split(',')[0]))).toEqual(new Set(['Yes', 'no']))
  })
})

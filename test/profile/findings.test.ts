import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { profileCommand } from '../../src/cli/profile.ts'
import { runCommand } from '../../src/cli/run.ts'
import { readCommand } from '../../src/cli/read.ts'
import { readDataset } from '../../src/data/read.ts'
import { makeTarget } from '../../src/data/target.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { rules } from '../../src/profile/insights.ts'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import { profileJsonSchema, profileSchema } from '../../src/profile/schema.ts'
import { renderProfilePage } from '../../src/report/profile-page.ts'
import { createRng } from '../../src/util/rng.ts'
import { writeTable } from '../helpers/cli.ts'
import { conforms } from './conform.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-findings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const file = (text: string) => {
  const path = join(folder, `${++files}.csv`)
  writeFileSync(path, text)
  return path
}

async function profileFile(path: string, target?: string, test?: string): Promise<DatasetProfile> {
  const { dataset, schema, report } = await readDataset(path, target === undefined ? {} : { target })
  const made = target === undefined ? undefined : makeTarget(dataset, target)
  const rows = test === undefined ? undefined : (await readDataset(test, { schema })).dataset
  const profile = await profileDataset(dataset, schema, {
    ...(made && { made }),
    ...(rows && { test: rows }),
    report,
    seed: 0,
  })
  conforms(profile.insights)
  // Every profile made here is as published, once written and read again.
  expect(profileSchema.parse(JSON.parse(JSON.stringify(profile)))).toEqual(
    JSON.parse(JSON.stringify(profile)),
  )
  return profile
}

/** A table from one function per column, target last. */
function table(
  rows: number,
  columns: Record<string, (row: number, at: Record<string, number>) => string | number>,
) {
  const names = Object.keys(columns)
  const lines = [names.map(name => JSON.stringify(name)).join(',')]
  for (let row = 0; row < rows; row++) {
    const at: Record<string, number> = {}
    const cells = names.map(name => {
      const value = columns[name]!(row, at)
      at[name] = Number(value)
      return value
    })
    lines.push(cells.join(','))
  }
  return file(`${lines.join('\n')}\n`)
}

const find = (profile: DatasetProfile, id: string) => profile.insights.filter(insight => insight.id === id)
const rng = createRng(3)

describe('findings', () => {
  it('name a leak, a copy in another unit, a column of chance, and join three leaks in one', async () => {
    const columns = {
      metres: () => (2 * rng.normal()).toFixed(3),
      feet: (_: number, at: Record<string, number>) => (3.2808 * at['metres']!).toFixed(4),
      chance: () => rng.normal().toFixed(3),
      leak: () => rng.int(2),
      label: (_: number, at: Record<string, number>) => (at['leak'] ? 'yes' : 'no'),
    }
    const profile = await profileFile(table(800, columns), 'label')
    expect(find(profile, 'W_LEAKAGE')).toMatchObject([{ column: 'leak', severity: 'high' }])
    expect(find(profile, 'W_LEAKAGE')[0]!.fact).toContain('AUC 1')
    expect(find(profile, 'W_LINEAR_COPY')).toMatchObject([{ column: 'feet', numbers: { with: 'metres' } }])
    expect(profile.quickModel!.score).toBeGreaterThan(0.99)
    expect(profile.columns.find(column => column.name === 'chance')!.prediction!.power).toBeLessThan(0.12)
    const more = { ...columns, l2: (_: number, at: Record<string, number>) => at['leak']! + 2 }
    const thrice = {
      ...more,
      l3: (_: number, at: Record<string, number>) => 7 - at['leak']!,
      label: undefined!,
    }
    delete (thrice as Record<string, unknown>)['label']
    const joined = await profileFile(table(400, { ...thrice, label: columns.label }), 'label')
    expect(find(joined, 'W_LEAKAGE')).toHaveLength(1)
    expect(find(joined, 'W_LEAKAGE')[0]!.numbers['columns']).toBe(3)
  })

  it('say when there is nothing to learn', async () => {
    const path = table(1000, {
      a: () => rng.normal().toFixed(3),
      b: () => rng.normal().toFixed(3),
      label: () => (rng.int(2) ? 'yes' : 'no'),
    })
    const profile = await profileFile(path, 'label')
    const told = [...find(profile, 'W_QUICK_MODEL_LOW'), ...find(profile, 'W_QUICK_MODEL_VERY_LOW')]
    expect(told).toHaveLength(1)
    expect(find(profile, 'W_LEAKAGE')).toEqual([])
  })

  it('tell a test file from another source by its columns, and none from the same', async () => {
    const draw = (shift: number, colours: string[]) =>
      table(600, {
        size: () => (rng.normal() + shift).toFixed(3),
        weight: () => rng.normal().toFixed(3),
        colour: () => colours[rng.int(colours.length)]!,
        label: (_, at) => (at['size']! + at['weight']! > 0 ? 'yes' : 'no'),
      })
    const train = draw(0, ['red', 'green', 'blue'])
    const same = await profileFile(train, 'label', draw(0, ['red', 'green', 'blue']))
    expect(same.drift!.auc).toBeLessThan(0.56)
    expect(find(same, 'W_DRIFT')).toEqual([])
    const other = await profileFile(train, 'label', draw(2, ['red', 'green', 'violet']))
    expect(other.drift!.auc).toBeGreaterThan(0.9)
    expect(
      other
        .drift!.columns.map(column => column.name)
        .slice(0, 2)
        .sort(),
    ).toEqual(['colour', 'size'])
    expect(other.drift!.columns.find(column => column.name === 'colour')!.unseen).toBeCloseTo(1 / 3, 1)
    expect(find(other, 'W_DRIFT')).toMatchObject([{ severity: 'high' }])
  })

  it('hint at time and at rows that belong together', async () => {
    const path = table(600, {
      day: row => new Date(Date.UTC(2021, 0, 1 + Math.floor(row / 2))).toISOString().slice(0, 10),
      patient_id: row => `p${(row * 7) % 60}`,
      height: row => 150 + ((((row * 7) % 60) * 37) % 41),
      reading: () => rng.normal().toFixed(3),
      label: row => (row / 300 + rng.normal() > 1 ? 'yes' : 'no'),
    })
    const profile = await profileFile(path, 'label')
    expect(find(profile, 'W_TIME_ORDER')).toMatchObject([{ column: 'day', severity: 'medium' }])
    expect(find(profile, 'W_TIME_ORDER')[0]!.action).toContain('--time "day"')
    expect(find(profile, 'W_GROUPS')).toMatchObject([{ column: 'patient_id', severity: 'medium' }])
    expect(find(profile, 'W_GROUPS')[0]!.numbers['fixed']).toBe('height')
  })

  it('see names and categories that differ only in writing', async () => {
    const path = file(
      `größe,gro\u0308\u00dfe,Größe ,town,y\n${Array.from({ length: 60 }, (_, row) => `${row % 7},${row % 5},${row % 3},${['Bonn', 'bonn ', 'Köln', 'Aachen'][row % 4]},${row % 2}`).join('\n')}\n`,
    )
    const profile = await profileFile(path, 'y')
    expect(find(profile, 'W_LOOKALIKE_COLUMNS')[0]!.numbers['names']).toContain('Größe')
    expect(find(profile, 'W_CATEGORY_VARIANTS').length).toBeLessThanOrEqual(1)
  })

  it('show unusual, repeated and conflicting rows', async () => {
    const path = table(500, {
      a: row => (row === 123 ? 99 : rng.normal().toFixed(2)),
      b: row => (row === 123 ? -99 : rng.normal().toFixed(2)),
      c: row => (row < 3 ? 1 : rng.int(4)),
      y: () => rng.int(2),
    })
    const profile = await profileFile(path, 'y')
    expect(profile.anomalies!.rows[0]!.row).toBe(123)
    expect(profile.anomalies!.rows).toHaveLength(10)
    const repeated = await profileFile(
      file(`a,b,y\n${'1,2,x\n'.repeat(60)}${'1,2,z\n'.repeat(40)}${'3,5,x\n'.repeat(50)}`),
      'y',
    )
    expect(repeated.duplicateSample!.rows.map(row => row.count)).toEqual([60, 50, 40])
    expect(repeated.conflicts).toEqual({ rows: 100, fraction: 100 / 150, bestAccuracy: 110 / 150 })
  })

  it('of a long table are those of an even sample, with its error', async () => {
    const path = table(4000, {
      a: () => rng.normal().toFixed(3),
      b: row => (row % 4 === 0 ? '' : 'w'),
      y: (_, at) => (at['a']! > 0 ? 1 : 0),
    })
    const { dataset, schema, report } = await readDataset(path, { target: 'y' })
    const made = makeTarget(dataset, 'y')
    const profile = await profileDataset(dataset, schema, { made, report, seed: 0, exactRows: 1000 })
    expect(profileSchema.parse(JSON.parse(JSON.stringify(profile)))).toBeTruthy()
    expect(profile.sampled).toEqual({ rows: 1000, of: 4000, shareError: 1 / Math.sqrt(1000) })
    expect(profile.rows).toBe(4000)
    const b = profile.columns.find(column => column.name === 'b')!
    expect(Math.abs(b.missingFraction - 0.25)).toBeLessThan(2 * profile.sampled!.shareError)
    expect(b.missing).toBe(4000 * b.missingFraction)
    expect(profile.judged!.rows).toBe(1000)
    // The target is counted whole.
    expect(profile.target!.classes!.reduce((sum, entry) => sum + entry.count, 0)).toBe(4000)
  })

  it('do not depend on the run', async () => {
    const path = join(folder, 'same.csv')
    writeTable(path, 'multiclass', 400)
    expect(await profileFile(path, 'y')).toEqual(await profileFile(path, 'y'))
  })
})

describe('the published schema', () => {
  it('accepts tables of every kind of target, with and without rows', async () => {
    for (const task of ['binary', 'multiclass', 'regression'] as const) {
      const path = join(folder, `${task}.csv`)
      writeTable(path, task, 300)
      const profile = await profileFile(path, 'y')
      expect(profile.quickModel!.power).toBeGreaterThan(0.3)
      expect(profile.associations!.pairs.length).toBeGreaterThan(3)
    }
    await profileFile(file('a,b\n'))
    await profileFile(file('a\n1\n'))
    await profileFile(file('a,b\n1e308,x\n-1e308,y\n0,\n1e-320,z\n'))
  })

  it('is what templates/profile.schema.json says', () => {
    const published = readFileSync(
      resolve(import.meta.dirname, '../../templates/profile.schema.json'),
      'utf8',
    )
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())))
  })
})

describe('actions', () => {
  it('name flags and settings that exist', () => {
    const flags = new Set(
      [runCommand, profileCommand, readCommand].flatMap(command =>
        command.options.map(option => option.long),
      ),
    )
    for (const rule of rules) {
      for (const flag of rule.action.match(/--[a-z-]+/g) ?? [])
        expect(flags, `${rule.id}: ${flag}`).toContain(flag)
      for (const part of [rule.title, rule.why, rule.harmlessWhen, rule.action])
        expect(part.length).toBeGreaterThan(5)
    }
    expect(new Set(rules.map(rule => rule.id)).size).toBe(rules.length)
  })
})

describe('the page', () => {
  it('needs no network and no script, and shows hostile names as text', async () => {
    const nasty = '<img src=x onerror=alert(1)>'
    const path = file(
      `"${nasty}",b,y\n${Array.from({ length: 150 }, (_, row) => `${row % 9},"</script>${row % 3}",${row % 2}`).join('\n')}\n`,
    )
    const html = renderProfilePage(await profileFile(path, 'y'))
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/<(?:script|img|link|iframe)\b/i)
    expect(html).not.toMatch(/\b(?:src|href)="(?:https?:)?\/\//)
    expect(html).toContain('&#60;img src')
    expect(html).toContain('prefers-color-scheme: dark')
    for (const heading of [
      'Findings',
      'Target: y',
      'Data sample',
      'What single columns tell',
      'Unusual rows',
    ])
      expect(html).toContain(heading)
  })
})

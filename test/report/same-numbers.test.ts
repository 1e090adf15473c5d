import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { makeTarget } from '../../src/data/target.ts'
import { dataExplorationCells } from '../../src/notebook/data-exploration.ts'
import { profileDataset } from '../../src/profile/index.ts'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import { renderProfilePage } from '../../src/report/profile-page.ts'
import { createRng } from '../../src/util/rng.ts'
import { count, figure } from '../../src/util/text.ts'
import { example } from '../notebook/example.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-same-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const ROWS = 600

/** Gaps, copies, an outlier, rare words, numbers that hang together: something for every section. */
function write(name: string, target: (x: number, row: number) => string | number): string {
  const rng = createRng(11)
  const lines = Array.from({ length: ROWS - 4 }, (_, row) => {
    const x = rng.normal()
    const cells = [
      row === 9 ? 4321.5 : (10 * x).toFixed(2),
      (7 * x + rng.normal()).toFixed(2),
      row % 11 === 0 ? '' : (100 * rng.normal()).toFixed(1),
      row % 40 === 0 ? 'rare' : ['red', 'green', 'blue'][rng.int(3)]!,
      `${['good', 'bad', 'fair'][rng.int(3)]} house in ${['the old town', 'a new quarter', 'some village'][rng.int(3)]} number ${row % 97}`,
      target(x, row),
    ]
    return cells.join(',')
  })
  const path = join(folder, name)
  // Four copies of the first two rows.
  const copies = [lines[0], lines[0], lines[1], lines[1]]
  writeFileSync(path, `size,width,noise,colour,note,y\n${[...lines, ...copies].join('\n')}\n`)
  return path
}

async function profileOf(path: string): Promise<DatasetProfile> {
  const { dataset, schema, report } = await readDataset(path, { target: 'y' })
  const test = (await readDataset(path, { schema })).dataset
  return profileDataset(dataset, schema, { made: makeTarget(dataset, 'y'), report, seed: 0, test })
}

const percent = (share: number) => `${figure(100 * share, 3)} %`
const plain = (text: string) => text.replace(/\s+/g, ' ')
const unescape = (html: string) =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
/** Cells of tables as ` | a | b | `, marks of emphasis taken off. */
const pageText = (html: string) =>
  plain(
    unescape(
      html
        .replace(/<svg[^]*?<\/svg>/g, '')
        .replace(/<\/t[dh]>\s*<t[dh][^>]*>/g, ' | ')
        .replace(/<[^>]+>/g, ''),
    ),
  )
const notebookText = (profile: DatasetProfile) =>
  plain(
    unescape(
      dataExplorationCells({ ...example(), profile, task: profile.target!.task })
        .map(cell => cell.source)
        .join('\n')
        .replace(/\*\*?/g, '')
        .replace(/base64,[^"]*/g, ''),
    ),
  )

/** What both have to say of every section of Autopilot's report, from the numbers of profile.json. */
function expectations(profile: DatasetProfile): Record<string, string[]> {
  const { summary, target, columns, sample, quickModel, anomalies, drift, duplicateSample } = profile
  const numeric = columns.filter(column => column.numeric)
  const row = (...cells: string[]) => cells.join(' | ')
  return {
    'dataset properties': [
      count(profile.rows),
      `${count(profile.duplicateRows)} (${percent(profile.duplicateFraction)})`,
      percent(summary!.missingShare),
      target!.taskReason,
    ],
    'findings by severity': Object.values(summary!.severities).map(count),
    'column types': summary!.types.map(({ type, share }) => `${type}~${percent(share)}`),
    'findings': profile.insights.flatMap(({ fact, why, harmlessWhen, action }) => [fact, why, harmlessWhen, action]),
    'target': target!.classes
      ? target!.classes.map(({ label, count: n, fraction }) => `${label}~${percent(fraction)}~${count(n)}`)
      : [target!.numeric!.mean, target!.numeric!.median, target!.numeric!.min, target!.numeric!.max, target!.numeric!.skew, target!.numeric!.kurtosis].map(value => figure(value)).concat(percent(target!.numeric!.outlierFraction), count(columns.find(({ name }) => name === 'y')!.distinct)),
    'outlier target values': (profile.targetOutliers?.rows ?? []).map(({ row: at, value, values }) =>
      row(count(at + 1), figure(value), ...values.slice(0, 4))),
    'data sample': [
      row(...sample.columns),
      row(...sample.columns.map(name => columns.find(column => column.name === name)!.prediction?.power.toFixed(3) ?? '–')),
    ],
    'prediction power': columns.flatMap(({ prediction }) => (prediction ? [prediction.power.toFixed(3)] : [])),
    'quick model': [`${figure(quickModel!.score)}`, figure(quickModel!.baseline), count(quickModel!.trainRows)],
    'duplicate rows': duplicateSample!.rows.map(({ count: n, values }) => row(count(n), ...values.slice(0, 4))),
    'cross-column statistics': [...profile.associations!.pairs]
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .slice(0, 10)
      .map(({ first, second, value }) => `${row(first, second)}~${value.toFixed(3)}`),
    'anomalous rows': anomalies!.rows.map(({ row: at, score, values }) => row(count(at + 1), score.toFixed(3), ...values.slice(0, 2))),
    'drift': [figure(drift!.auc), ...drift!.columns.map(({ name, auc }) => `${name}~${auc.toFixed(3)}`)],
    'missing values': columns.filter(({ missing }) => missing > 0).map(({ name, missingFraction }) => `${name}~${percent(missingFraction)}`),
    'cardinality': columns.map(({ name, distinct, distinctWords }) => row(name, count(distinct), distinctWords === undefined ? '–' : count(distinctWords))),
    'descriptive statistics': numeric.map(({ name, numericFraction, numeric: told }) =>
      row(name, percent(numericFraction), figure(told!.mean), figure(told!.median), figure(told!.min), figure(told!.max), percent(told!.outlierFraction))),
    'decision log': columns.map(({ reason }) => reason),
    'definitions': ['Prediction power', 'Outliers', 'Skew', 'Kurtosis', 'Duplicate rows'].map(word => word.toLowerCase()),
  }
} // prettier-ignore

const NEAR = 200
/** All parts of an expectation in order, each near the one before. */
function says(text: string, wanted: string): boolean {
  const [first, ...rest] = wanted.split('~').map(part => part.replace(/\s+/g, ' ').trim())
  for (let at = text.indexOf(first!); at >= 0; at = text.indexOf(first!, at + 1)) {
    let end = at + first!.length
    const near = rest.every(part => {
      const found = text.indexOf(part, end)
      const close = found >= 0 && found - end <= NEAR
      end = found + part.length
      return close
    })
    if (near) return true
  }
  return false
}

describe.each([
  ['classes', (x: number, row: number) => (x > 0 !== (row % 9 === 0) ? 'yes' : 'no')],
  [
    'a quantity',
    (x: number, row: number) =>
      row === 17 ? 900.25 : row === 23 ? -700.5 : (3 * x + (row % 10) / 7).toFixed(3),
  ],
] as const)('of %s', (name, target) => {
  let profile: DatasetProfile
  let texts: readonly (readonly [string, string])[]
  beforeAll(async () => {
    profile = await profileOf(write(`${name.replace(/\W/g, '')}.csv`, target))
    // As another program reads it.
    profile = JSON.parse(JSON.stringify(profile)) as DatasetProfile
    texts = [
      ['page', pageText(renderProfilePage(profile))],
      ['notebook', notebookText(profile)],
    ]
  })

  it('profile.json has something in every section', () => {
    for (const [section, wanted] of Object.entries(expectations(profile)))
      if (section !== 'outlier target values' || name === 'a quantity')
        expect([section, wanted.length]).not.toEqual([section, 0])
    if (name === 'a quantity') {
      expect(profile.targetOutliers!.rows.map(({ row, value }) => [row, value])).toEqual([
        [17, 900.25],
        [23, -700.5],
      ])
    }
    expect(profile.sample.columns[0]).toBe('y')
    const powers = profile.sample.columns.slice(1).map(name => profile.columns.find(column => column.name === name)!.prediction?.power ?? -1) // prettier-ignore
    expect(powers).toEqual([...powers].sort((a, b) => b - a))
    expect(profile.anomalies!.rows).toHaveLength(10)
  })

  it('page and notebook say the same numbers in every section', () => {
    for (const [section, wanted] of Object.entries(expectations(profile)))
      for (const [where, text] of texts) {
        const missing = wanted.filter(part => !says(text.toLowerCase(), part.toLowerCase()))
        expect({ section, where, missing }).toEqual({ section, where, missing: [] })
      }
  })
})

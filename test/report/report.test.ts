import { createHash } from 'node:crypto'
import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { renderReport } from '../../src/report/index.ts'
import type { ReportInput } from '../../src/report/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { example, pictureExample, plainNames } from '../notebook/example.ts'
import type { Names } from '../notebook/example.ts'
import { nasty } from '../notebook/nasty.ts'

const rng = createRng(5)
const positive = Uint8Array.from({ length: 400 }, () => rng.int(2))
const probability = Float64Array.from(positive, label => 0.6 * label * rng.next() + 0.4 * rng.next())

function report(names: Names = plainNames): ReportInput {
  const { spec, profile, task, objective, folds, leaderboard, best } = example(names)
  return {
    spec,
    profile,
    task,
    objective,
    folds,
    leaderboard: leaderboard!,
    best: { ...best!, reason: `Trees over raw values of ${names.column}.` },
    evaluation: {
      rows: `the 400 rows of ${names.dataset}`,
      metrics: [{ name: 'AUC', value: 0.88, std: 0.012, baseline: 0.5 }, { name: 'Accuracy', value: 0.81 }],
      confusion: { labels: [names.label, 'no'], counts: [[150, 12], [20, 218]] },
      binary: { positive, probability, auc: 0.88 },
    },
    importance: { measure: 'drop of AUC', features: [{ name: names.column, value: 0.2, std: 0.01 }, { name: names.other, value: 0.1 }] },
    shap: { measure: 'mean |SHAP|', method: 'exact TreeSHAP', features: [{ name: names.column, value: 0.3 }, { name: names.other, value: 0.1 }] },
    dependence: [
      { name: names.column, kind: 'numeric', grid: [1, 2, 3], labels: [], outputs: [{ name: names.label, mean: [0.1, 0.2, 0.4] }], curves: [[0, 0.1, 0.2], [0.2, 0.3, 0.6]], axis: `probability of ${names.label}` },
      { name: names.other, kind: 'categorical', grid: [0, 1], labels: [names.cell, 'other'], outputs: [{ name: names.label, mean: [0.1, 0.2] }, { name: 'no', mean: [0.9, 0.8] }], curves: [], axis: 'probability' },
    ],
    saliency: { height: 2, width: 2, channels: 1, images: [{ label: names.label, pixels: [0, 1, 2, 3], weights: [0, 0.5, -0.25, 0] }] },
    slices: { metric: 'Accuracy', whole: 0.8, rows: [{ column: names.column, where: names.cell, rows: 30, score: 0.5, ratio: 2.5 }] },
    fairness: { column: names.other, groups: [{ group: names.cell, rows: 40, accuracy: 0.8, selected: 0.25 }], impact: 0.7 },
    worst: { columns: ['#row', 'actual', names.column], rows: [['3', names.label, names.cell]] },
    verdict: { constant: 0.5, p: 1e-9, looks: 4, isBetter: true },
    spent: [['training', '3 s']],
    secondsByAlgorithm: [{ name: 'trees', value: 3, trials: 2 }],
    decisions: [[`Column ${names.column} is left out`, `it has one value, ${names.cell}`]],
    reproduce: `glasspilot run ${names.dataset} --target ${names.target}`,
    provenance: [['program', 'glasspilot 0.1.0'], ['data', names.dataset]],
    seconds: 95,
  } // prettier-ignore
}

const regression = (): ReportInput => {
  const { leaderboard: _leaderboard, ...input } = { leaderboard: [], ...pictureExample() }
  const actual = Float64Array.from({ length: 50 }, (_, i) => i)
  const evaluation = {
    rows: 'out-of-fold rows',
    metrics: [{ name: 'RMSE', value: 2 }],
    regression: { actual, predicted: actual },
  }
  return { ...input, leaderboard: [], evaluation, reproduce: 'glasspilot run', provenance: [] }
}

const elements = (page: string) => [...parseHTML(page).document.querySelectorAll('*')]
const tags = (page: string) => elements(page).map(element => element.localName)
const addresses = (page: string) => elements(page).flatMap(element => element.getAttribute('href') ?? [])
const attributes = (page: string) => new Set(elements(page).flatMap(element => element.getAttributeNames()))

describe('the report', () => {
  const page = renderReport(report())

  it('tells score, leaderboard, metrics, findings and the command', () => {
    const text = parseHTML(page).document.body.textContent
    for (const words of [
      '0.87123',
      'dpp0-trees',
      'Accuracy',
      'age may give the target away',
      'glasspilot run customers.csv',
      'no age',
      '95 s',
      'Better than the baseline.',
      '0.7 of the highest',
      'Column age is left out',
      'Exact TreeSHAP',
    ]) {
      expect(text.replace(/\s+/g, ' ')).toContain(words)
    }
  })

  it('draws its pictures in the page', () => {
    const titles = [...parseHTML(page).document.querySelectorAll('svg > title')].map(node => node.textContent)
    expect(titles).toEqual([
      'Confusion matrix', 'Receiver operating characteristic', 'Precision and recall', 'Calibration',
      'Precision, recall and F1 by threshold', 'Cumulative gain', 'Lift', 'Feature importance', 'Mean size of SHAP values',
      'Partial dependence on age', 'Partial dependence on city', 'What answers to pictures hang on', 'Leaderboard by AUC',
      'AUC over the search', 'Rows of each class of left', 'Seconds of training by algorithm',
    ]) // prettier-ignore
  })

  it('asks nothing of the network and allows no script', () => {
    expect(page).not.toMatch(
      /<script|<link|<iframe|@import|url\(|src="http|href="(?!data:image\/png;base64,)/,
    )
    expect(page).not.toMatch(/ style="| on[a-z]+="/)
    const [, hash] = /style-src 'sha256-([^']+)'/.exec(page)!
    const [, style] = /<style>([^]*?)<\/style>/.exec(page)!
    expect(createHash('sha256').update(style!).digest('base64')).toBe(hash)
    expect(page).toContain("default-src 'none'")
  })

  it('is the same bytes for the same input', () => {
    expect(renderReport(report())).toBe(page)
  })

  it('shows names as text, whatever they try to be', () => {
    const plain = tags(page)
    for (const name of nasty.filter((_, i) => i % (nasty.length > 300 ? 1 : 6) === 0)) {
      const hostile = renderReport(
        report({
          column: name,
          other: `${name}2`,
          target: name,
          label: name,
          experiment: name,
          dataset: name,
          cell: name,
        }),
      )
      // A chart writes no text where there is none.
      if (/\S/.test(name)) expect(tags(hostile), JSON.stringify(name)).toEqual(plain)
      else expect(new Set(tags(hostile)), JSON.stringify(name)).toEqual(new Set(plain))
      for (const name of attributes(hostile)) expect(name).not.toMatch(/^(?:on|src|style|xlink)/)
      for (const address of addresses(hostile))
        expect(address).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/=]+$/)
    }
  })

  it('tells a regression with nothing finished', () => {
    const text = parseHTML(renderReport(regression())).document.body.textContent
    expect(text).toContain('No trial has finished.')
    expect(text).toContain('Predicted against actual left')
    expect(text).not.toContain('NaN')
  })
})

import type { ReportInput } from '../../src/report/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { example, pictureExample, plainNames } from '../notebook/example.ts'
import type { Names } from '../notebook/example.ts'

const rng = createRng(5)
const positive = Uint8Array.from({ length: 400 }, () => rng.int(2))
const probability = Float64Array.from(positive, label => 0.6 * label * rng.next() + 0.4 * rng.next())

/** A report with every section, under the given names. */
export function report(names: Names = plainNames): ReportInput {
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

/** A regression of which no trial has finished. */
export const regression = (): ReportInput => {
  const { leaderboard: _leaderboard, ...input } = { leaderboard: [], ...pictureExample() }
  const actual = Float64Array.from({ length: 50 }, (_, i) => i)
  const evaluation = {
    rows: 'out-of-fold rows',
    metrics: [{ name: 'RMSE', value: 2 }],
    regression: { actual, predicted: actual },
  }
  return { ...input, leaderboard: [], evaluation, reproduce: 'glasspilot run', provenance: [] }
}

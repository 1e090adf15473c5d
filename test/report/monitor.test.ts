import { describe, expect, it } from 'vitest'
import type { Scored } from '../../src/metrics/metric.ts'
import { monitorStatistics } from '../../src/report/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { hasPython, python } from '../notebook/python.ts'

const rng = createRng(17)
const ROWS = 400

function scoredOf(task: 'binary' | 'multiclass' | 'regression', width: number): Scored {
  const target = Float64Array.from({ length: ROWS }, () =>
    task === 'regression' ? rng.normal() : rng.int(width),
  )
  const outputs = new Float64Array(ROWS * width)
  for (let row = 0; row < ROWS; row++) {
    if (task === 'regression') {
      outputs[row] = target[row]! + 0.3 * rng.normal()
      continue
    }
    let total = 0
    for (let k = 0; k < width; k++)
      total += outputs[row * width + k] = rng.next() + (target[row] === k ? 0.7 : 0)
    for (let k = 0; k < width; k++) outputs[row * width + k]! /= total
  }
  return { task, width, target, outputs }
}

type Statistics = Record<
  string,
  Record<string, { readonly value: number; readonly standard_deviation: number | null }>
>
const values = (found: object, part: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries((found as Statistics)[part]!).flatMap(([name, one]) => (typeof one.value === 'number' ? [[name, one.value]] : [])), // prettier-ignore
  )

const SKLEARN = `
import json, sys
import numpy as np
from sklearn import metrics as m
given = json.load(sys.stdin)
y = np.array(given["target"]); p = np.array(given["outputs"]).reshape(len(y), -1)
task = given["task"]
if task == "regression":
    p = p[:, 0]
    out = {"mae": m.mean_absolute_error(y, p), "mse": m.mean_squared_error(y, p), "rmse": m.mean_squared_error(y, p) ** 0.5, "r2": m.r2_score(y, p)}
else:
    label = p.argmax(axis=1); y = y.astype(int)
    average, prefix = ("binary", "") if task == "binary" else ("weighted", "weighted_")
    out = {"accuracy": m.accuracy_score(y, label)}
    out[prefix + "recall"] = m.recall_score(y, label, average=average, zero_division=0)
    out[prefix + "precision"] = m.precision_score(y, label, average=average, zero_division=0)
    for name, beta in [("f0_5", 0.5), ("f1", 1), ("f2", 2)]:
        out[prefix + name] = m.fbeta_score(y, label, beta=beta, average=average, zero_division=0)
    out["accuracy_best_constant_classifier"] = max(np.mean(y == k) for k in range(p.shape[1]))
    if task == "binary":
        out["auc"] = m.roc_auc_score(y, p[:, 1]); out["au_prc"] = m.average_precision_score(y, p[:, 1])
        out["true_negative_rate"] = m.recall_score(y, label, pos_label=0)
        out["recall_best_constant_classifier"] = 1.0
        out["precision_best_constant_classifier"] = np.mean(y == 1)
print(json.dumps({k: float(v) for k, v in out.items()}))
`

describe('statistics in the form of Model Monitor', () => {
  const cases = [
    ['binary', 2, 'binary_classification_metrics'],
    ['multiclass', 4, 'multiclass_classification_metrics'],
    ['regression', 1, 'regression_metrics'],
  ] as const

  it.skipIf(!hasPython('sklearn')).each(cases)(
    'of %s are what scikit-learn finds (needs python3 or GLASSPILOT_PYTHON with scikit-learn)',
    (task, width, part) => {
      const scored = scoredOf(task, width)
      const found = values(monitorStatistics(scored, ['a', 'b', 'c', 'd'].slice(0, width), 1), part)
      const { target, outputs } = scored
      const theirs = python(SKLEARN, { task, target: [...target], outputs: [...outputs] }) as Record<
        string,
        number
      >
      for (const [name, value] of Object.entries(theirs)) expect(found[name], name).toBeCloseTo(value, 9)
    },
    600_000,
  )

  it('count every row once in the confusion matrix, under the names of its classes', () => {
    const scored = scoredOf('binary', 2)
    const labels = ['__proto__', 'constructor']
    const found = JSON.parse(JSON.stringify(monitorStatistics(scored, labels, 1))) as {
      version: number
      dataset: { item_count: number }
      binary_classification_metrics: { confusion_matrix: object }
    }
    expect([found.version, found.dataset.item_count]).toEqual([0, ROWS])
    const matrix = Object.entries(found.binary_classification_metrics.confusion_matrix) as [string, object][]
    expect(matrix.map(([name]) => name)).toEqual(labels)
    const counts = matrix.flatMap(([, row]) => Object.values(row) as number[])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ROWS)
  })

  it('give each measure its standard deviation, or null below 200 rows', () => {
    const scored = scoredOf('regression', 1)
    const whole = (monitorStatistics(scored, [], 1) as Statistics)['regression_metrics']!
    expect(Object.values(whole).every(one => one.standard_deviation! > 0)).toBe(true)
    const few = { ...scored, target: scored.target.slice(0, 150), outputs: scored.outputs.slice(0, 150) }
    const part = (monitorStatistics(few, [], 1) as Statistics)['regression_metrics']!
    expect(Object.values(part).every(one => one.standard_deviation === null)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { fitBoosting } from '../../src/algorithms/trees/boosting.ts'
import type { Column, Target, Task } from '../../src/data/dataset.ts'
import { metrics } from '../../src/metrics/index.ts'
import { predictModel } from '../../src/models/index.ts'
import { aucOfBins, scoreColumn, standardError, sumBins } from '../../src/profile/one-column.ts'
import { judgeColumns } from '../../src/profile/power.ts'
import { scoreQuickModel } from '../../src/profile/quick-model.ts'
import { supervise } from '../../src/profile/supervision.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext } from '../helpers/fit.ts'

const ROWS = 1500
const rng = createRng(11)
const noise = Float64Array.from({ length: ROWS }, () => rng.normal())
const signal = Float64Array.from({ length: ROWS }, () => rng.normal())
const numeric = (name: string, values: ArrayLike<number>): Column => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
})
const rows = Int32Array.from({ length: ROWS }, (_, row) => row)
const target = (task: Task): Target => ({
  name: 'y',
  task,
  classes: task === 'regression' ? [] : task === 'binary' ? ['a', 'b'] : ['a', 'b', 'c'],
  values: signal.map(value =>
    task === 'regression'
      ? value ** 2
      : task === 'binary'
        ? Number(value > 0.3)
        : value < -0.5
          ? 0
          : value < 0.5
            ? 1
            : 2,
  ),
})

describe('prediction power of thousands of columns', () => {
  it('does not take chance on few rows for a leak', async () => {
    const few = 100
    const labels = { ...target('binary'), values: Float64Array.from({ length: few }, (_, row) => row % 2) }
    const columns = Array.from({ length: 4000 }, (_, j) =>
      numeric(
        `x${j}`,
        Float64Array.from({ length: few }, () => rng.int(40)),
      ),
    )
    const supervision = supervise(labels, rows.subarray(0, few), 0, columns.length)!
    const scores = await judgeColumns(columns, supervision, 0)
    expect(Math.max(...[...scores.values()].map(({ power }) => power))).toBeLessThan(0.8)
  })
})

describe.each(['binary', 'multiclass', 'regression'] as const)('prediction power, %s', task => {
  const supervision = supervise(target(task), rows, 0)!
  const word = (value: number) => Math.max(0, Math.min(7, Math.floor(value + 4)))
  const columns: Column[] = [
    numeric('signal', signal),
    numeric('noise', noise),
    numeric(
      'blurred',
      signal.map((value, row) => Math.round(10 * (value + noise[row]!)) / 10),
    ),
    numeric('constant', new Float64Array(ROWS)),
    { kind: 'categorical', name: 'words', codes: Int32Array.from(signal, word), categories: [...'abcdefgh'] },
    numeric(
      'gaps tell',
      signal.map(value => (value > 0.3 ? NaN : 1)),
    ),
  ]

  it('is near one for what fixes the target, zero for chance, between for a blurred view', async () => {
    const scores = await judgeColumns(columns, supervision, 0)
    const power = (name: string) => scores.get(name)!.power
    expect(power('signal')).toBeGreaterThan(0.95)
    expect(power('noise')).toBeLessThan(0.05)
    expect(power('blurred')).toBeGreaterThan(0.1)
    expect(power('blurred')).toBeLessThan(power('signal'))
    expect(power('words')).toBeGreaterThan(0.4)
    expect(scores.has('constant')).toBe(false)
    if (task === 'binary') expect(power('gaps tell')).toBeCloseTo(1, 6)
    for (const { score, error } of scores.values()) expect(Number.isFinite(score + error)).toBe(true)
  })

  it('is the same for the same seed', async () => {
    expect(await judgeColumns(columns, supervision, 3)).toEqual(await judgeColumns(columns, supervision, 3))
  })

  it('agrees with boosting on the rows themselves', async () => {
    const held = (at: number) => supervision.partOf[at] === 0
    const side = (keep: (at: number) => boolean) => {
      const kept = rows.filter(keep)
      const values = Float32Array.from(kept, row =>
        columns[2]!.kind === 'numeric' ? columns[2]!.values[row]! : 0,
      )
      return {
        features: { rows: kept.length, columns: [{ kind: 'dense' as const, name: 'x', values }] },
        target: Float64Array.from(kept, row => supervision.target.values[row]!),
      }
    }
    const classes = supervision.target.classes.length
    const validation = side(held)
    const model = await fitBoosting(
      { task, classes, ...side(at => !held(at)), validation },
      {
        rounds: 50, learningRate: 0.3, rowShare: 1, sampling: 'uniform', featureShare: 1, order: 'best', maxLeaves: 64, maxDepth: 6, gamma: 0,
        lambda: 1, alpha: 0, minChildWeight: 1, minRows: 1, randomThresholds: false,
      },
      fitContext(),
    ) // prettier-ignore
    const outputs = await predictModel(model, validation.features)
    const metric = task === 'binary' ? metrics.AUC : task === 'multiclass' ? metrics.Accuracy : metrics.R2
    const width = task === 'regression' ? 1 : classes
    const expected = metric.score({ task, target: validation.target, width, outputs })
    const one = await judgeColumns([columns[2]!], { ...supervision, folds: 1 }, 0)
    // Few different values: both bin them alike and grow the same trees.
    expect(one.get('blurred')!.score).toBeCloseTo(expected, 3)
  })

  it('is far above nothing for a quick model of all columns', async () => {
    const scores = await judgeColumns(columns, supervision, 0)
    const model = (await scoreQuickModel(columns, scores, supervision, 0))!
    expect(model.power).toBeGreaterThan(0.9)
    expect(model.scoredRows).toBe(ROWS)
    const blind = (await scoreQuickModel([columns[1]!], scores, supervision, 0))!
    expect(blind.score - blind.baseline).toBeLessThan(0.06)
  })
})

describe('one column', () => {
  it('needs a hundred rows', () => {
    const few = target('binary')
    expect(supervise({ ...few, values: few.values.slice(0, 99) }, rows.slice(0, 99), 0)).toBeUndefined()
  })

  it('counts pairs of rows for its AUC, ties half', () => {
    const scores = Float64Array.of(0.1, 0.5, 0.5, 0.9)
    const counts = Float64Array.of(3, 1, 2, 2, 1, 0, 0, 4) // class 0, class 1 of each bin
    let won = 0
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++)
        won +=
          counts[2 * i]! *
          counts[2 * j + 1]! *
          (scores[j]! > scores[i]! ? 1 : scores[j] === scores[i] ? 0.5 : 0)
    expect(aucOfBins(scores, counts)).toBeCloseTo(won / (6 * 7), 12)
  })

  it('cannot be better than the mean of each bin, and reaches it', () => {
    // Two bins, equal in both parts: R² of the bin means is known.
    const values = Float64Array.of(0, 2, 10, 12, 0, 2, 10, 12)
    const sums = sumBins(
      Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 1),
      { task: 'regression', values, classes: 0 },
      Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
      { bins: 3, parts: 2 },
    )
    expect(scoreColumn(sums, 2)!.score).toBeCloseTo(1 - 8 / 208, 4)
  })

  it('has the standard errors of closed forms', () => {
    expect(standardError('multiclass', 0.5, 100, 0, 0)).toBeCloseTo(0.05, 12)
    // Hanley & McNeil at 0.5: √((n₀ + n₁ + 1) / (12 n₀ n₁)).
    expect(standardError('binary', 0.5, 200, 100, 100)).toBeCloseTo(Math.sqrt(201 / 120_000), 12)
  })
})

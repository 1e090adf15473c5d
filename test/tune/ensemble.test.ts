import { describe, expect, it } from 'vitest'
import { metrics, type MetricName } from '../../src/metrics/index.ts'
import { blend, greedyEnsemble, sharedWith, type EnsembleMember } from '../../src/tune/ensemble.ts'
import { createRng } from '../../src/util/rng.ts'
import { binary, randomScored, values } from '../metrics/helpers.ts'

const rng = createRng(12)
const truthOf = ({ task, target, width }: ReturnType<typeof randomScored>) => ({ task, target, width })

/** Members that err independently around the same truth. */
function crowd(task: 'binary' | 'multiclass' | 'regression', rows: number, size: number) {
  const first = randomScored(task, rows, rng)
  const truth = truthOf(first)
  const members: EnsembleMember[] = Array.from({ length: size }, (_, id) => {
    if (task === 'regression') return { id, outputs: first.target.map(y => y + rng.normal()) }
    const outputs = new Float64Array(rows * truth.width)
    for (let row = 0; row < rows; row++) {
      let sum = 0
      for (let k = 0; k < truth.width; k++) {
        sum += outputs[row * truth.width + k] = Math.exp(rng.normal() + (k === truth.target[row] ? 1 : 0))
      }
      for (let k = 0; k < truth.width; k++) outputs[row * truth.width + k] /= sum
    }
    return { id, outputs }
  })
  return { truth, members }
}

describe.each([
  ['binary', 'AUC'],
  ['binary', 'F1'],
  ['binary', 'LogLoss'],
  ['multiclass', 'Accuracy'],
  ['multiclass', 'F1macro'],
  ['regression', 'RMSE'],
  ['regression', 'R2'],
  ['regression', 'MAE'],
] as const)('a greedy ensemble for %s by %s', (task, objective) => {
  const { truth, members } = crowd(task, 400, 8)
  const ensemble = greedyEnsemble(members, truth, objective)
  const sign = metrics[objective].direction === 'maximize' ? 1 : -1

  it('is never worse than its best member, and better where members err independently', () => {
    const best = Math.max(
      ...members.map(({ outputs }) => sign * metrics[objective].score({ ...truth, outputs })),
    )
    expect(sign * ensemble.score).toBeGreaterThan(best)
  })
  it('has weights that are twenty-fifths or coarser and sum to 1, and a score that is that of their blend', () => {
    const weights = [...ensemble.weights.values()]
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    const size = Array.from({ length: 25 }, (_, i) => i + 1).find(n =>
      weights.every(weight => Math.abs(weight * n - Math.round(weight * n)) < 1e-9),
    )
    expect(size).toBeDefined()
    const parts = [...ensemble.weights].map(([id, weight]) => [members[Number(id)]!.outputs, weight] as const)
    const outputs = blend(parts, truth.target.length * truth.width)
    expect(metrics[objective].score({ ...truth, outputs })).toBe(ensemble.score)
  })
  it('is the same each time, and leaves its input as it was', () => {
    const before = structuredClone(members)
    expect(greedyEnsemble(members, truth, objective)).toEqual(ensemble)
    expect(members).toEqual(before)
  })
  it('takes the steps that trying every member one by one takes', () => {
    expect(ensemble.weights).toEqual(naive(members, truth, objective))
  })
})

/** The definition, written for the eye: rounded scores, ties by log loss, then used, then first; best prefix. */
function naive(members: readonly EnsembleMember[], truth: ReturnType<typeof truthOf>, objective: MetricName) {
  const sign = metrics[objective].direction === 'maximize' ? 1 : -1
  const length = truth.target.length * truth.width
  const gainOf = (path: readonly number[], name: MetricName) => {
    const outputs = blend(
      path.map(i => [members[i]!.outputs, 1 / path.length] as const),
      length,
    )
    return metrics[name].score({ ...truth, outputs })
  }
  const unit =
    objective === 'RMSE' || objective === 'MAE'
      ? Math.min(...members.map((_, i) => gainOf([i], objective)))
      : 1
  const path: number[] = []
  let best = { gain: -Infinity, second: -Infinity, length: 0 }
  for (let size = 1; size <= 25; size++) {
    const options = members.map((_, i) => ({
      i,
      gain: sign * gainOf([...path, i], objective),
      second: metrics[objective].smooth ? 0 : -gainOf([...path, i], 'LogLoss'),
    }))
    const top = Math.max(...options.map(({ gain }) => gain))
    const ties = options.filter(({ gain }) => gain >= top - 1e-6 * unit)
    const second = Math.max(...ties.map(option => option.second))
    const equal = ties.filter(option => option.second >= second - 1e-6)
    const next = equal.find(({ i }) => path.includes(i)) ?? equal[0]!
    path.push(next.i)
    const ahead = next.gain - best.gain
    if (ahead > 1e-6 * unit || (ahead >= -1e-6 * unit && next.second > best.second + 1e-6))
      best = { ...next, length: size }
  }
  const prefix = path.slice(0, best.length)
  return new Map(prefix.map(i => [members[i]!.id, prefix.filter(j => j === i).length / prefix.length]))
}

describe('a greedy ensemble', () => {
  it('of two models whose errors cancel is both in equal parts', () => {
    const { target, task, width } = values([0, 1, 2, 3], [0, 0, 0, 0])
    const members = [
      { id: 'high', outputs: target.map(y => y + 1) },
      { id: 'low', outputs: target.map(y => y - 1) },
    ]
    expect(greedyEnsemble(members, { target, task, width }, 'RMSE')).toEqual({
      weights: new Map([
        ['high', 0.5],
        ['low', 0.5],
      ]),
      score: 0,
    })
  })
  it('of one perfect model among others is that model alone', () => {
    const { truth, members } = crowd('binary', 100, 3)
    const perfect = { id: 'perfect', outputs: Float64Array.from([...truth.target].flatMap(y => [1 - y, y])) }
    expect(greedyEnsemble([...members, perfect], truth, 'LogLoss').weights).toEqual(new Map([['perfect', 1]]))
  })
  it('prefers the earlier of equal models, and does not add what brings nothing', () => {
    const { truth, members } = crowd('regression', 50, 1)
    const twin = { id: 'twin', outputs: members[0]!.outputs.slice() }
    expect(greedyEnsemble([...members, twin], truth, 'MSE').weights).toEqual(new Map([[0, 1]]))
  })
  it('tells models of equal accuracy apart by their log loss', () => {
    const sure = binary([0, 1, 1], [0.1, 0.9, 0.9])
    const unsure = binary([0, 1, 1], [0.45, 0.55, 0.55])
    const members = [
      { id: 'unsure', outputs: unsure.outputs },
      { id: 'sure', outputs: sure.outputs },
    ]
    expect(greedyEnsemble(members, truthOf(sure), 'Accuracy').weights).toEqual(new Map([['sure', 1]]))
  })
  it('does not depend on the unit of the target', () => {
    const { truth, members } = crowd('regression', 300, 6)
    const scaled = (unit: number) =>
      greedyEnsemble(
        members.map(({ id, outputs }) => ({ id, outputs: outputs.map(y => unit * y) })),
        { ...truth, target: truth.target.map(y => unit * y) },
        'RMSE',
      )
    for (const unit of [2 ** -40, 2 ** 40]) expect(scaled(unit).weights).toEqual(scaled(1).weights)
  })
  it('heeds row weights', () => {
    const { target, task, width } = values([0, 0, 10, 10], [0, 0, 0, 0])
    const members = [
      { id: 'left', outputs: Float64Array.of(0, 0, 0, 0) },
      { id: 'right', outputs: Float64Array.of(10, 10, 10, 10) },
    ]
    const weights = Float64Array.of(1, 1, 0, 0)
    expect(greedyEnsemble(members, { target, task, width, weights }, 'RMSE').weights).toEqual(
      new Map([['left', 1]]),
    )
  })
  it('picked on a sample of the rows is scored on all of them', () => {
    const { truth, members } = crowd('binary', 3000, 5)
    const ensemble = greedyEnsemble(members, truth, 'AUC', { sampleRows: 500 })
    const full = greedyEnsemble(members, truth, 'AUC')
    expect(Math.abs(ensemble.score - full.score)).toBeLessThan(0.01)
    const parts = [...ensemble.weights].map(([id, weight]) => [members[Number(id)]!.outputs, weight] as const)
    expect(metrics.AUC.score({ ...truth, outputs: blend(parts, 6000) })).toBe(ensemble.score)
  })
  it('refuses nothing at all, and outputs that are not finite', () => {
    const { truth, members } = crowd('binary', 10, 1)
    expect(() => greedyEnsemble([], truth, 'AUC')).toThrow(expect.objectContaining({ code: 'E_NO_MEMBERS' }))
    const broken = [{ id: 0, outputs: members[0]!.outputs.with(3, NaN) }]
    expect(() => greedyEnsemble(broken, truth, 'AUC')).toThrow(
      expect.objectContaining({ code: 'E_NON_FINITE_SCORE' }),
    )
  })
})

describe.each([
  ['binary', 'AUC'],
  ['multiclass', 'LogLoss'],
  ['regression', 'RMSE'],
] as const)('an ensemble of several samples of few rows for %s by %s', (task, objective) => {
  const FEW = 60
  const { width } = crowd(task, 3, 1).truth
  /** Of members that are equally good, an ensemble picked on a few rows, on all others. */
  function onOthers(bags: number, { truth, members }: ReturnType<typeof crowd>) {
    const cut = (values: Float64Array, by: number, part: 'few' | 'others') =>
      part === 'few' ? values.slice(0, FEW * by) : values.slice(FEW * by)
    const few = members.map(({ id, outputs }) => ({ id, outputs: cut(outputs, width, 'few') }))
    const picked = greedyEnsemble(few, { ...truth, target: cut(truth.target, 1, 'few') }, objective, { bags })
    const parts = [...picked.weights].map(([id, weight]) => [members[Number(id)]!.outputs, weight] as const)
    const outputs = cut(blend(parts, truth.target.length * width), width, 'others')
    const score = metrics[objective].score({ ...truth, target: cut(truth.target, 1, 'others'), outputs })
    return { score, picked }
  }
  it('does better on other rows than one that was picked on the rows as they are', () => {
    const trials = Array.from({ length: 12 }, () => crowd(task, FEW + 1500, 10))
    const sign = metrics[objective].direction === 'maximize' ? 1 : -1
    const mean = (bags: number) =>
      trials.reduce((sum, trial) => sum + onOthers(bags, trial).score, 0) / trials.length
    expect(sign * mean(10)).toBeGreaterThan(sign * mean(1))
  })
  it('has weights that sum to 1, the same each time', () => {
    const trial = crowd(task, FEW + 10, 10)
    const { picked } = onOthers(10, trial)
    expect([...picked.weights.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    expect(onOthers(10, trial).picked).toEqual(picked)
  })
  it('bears classes of a single row', () => {
    if (task === 'regression') return
    const { truth, members } = crowd(task, 30, 3)
    const target = Float64Array.from(truth.target, (_, row) => (row === 7 ? 1 : 0))
    const { score } = greedyEnsemble(members, { ...truth, target }, objective, { bags: 10 })
    expect(Number.isFinite(score)).toBe(true)
  })
})

describe.each([
  ['binary', 'AUC'],
  ['multiclass', 'LogLoss'],
  ['regression', 'RMSE'],
] as const)('an ensemble that is shared with the stack level for %s by %s', (task, objective) => {
  const { truth, members } = crowd(task, 400, 8)
  const sign = metrics[objective].direction === 'maximize' ? 1 : -1
  const scoreOf = (outputs: Float64Array) => metrics[objective].score({ ...truth, outputs })
  const ensemble = greedyEnsemble(members, truth, objective)
  const best = Math.max(...members.map(({ outputs }) => sign * scoreOf(outputs)))
  const stacked = [
    { id: 100, outputs: members[0]!.outputs },
    { id: 101, outputs: members[1]!.outputs },
  ]
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0)
  const shareOf = (weights: ReadonlyMap<unknown, number>) => sum([100, 101].map(id => weights.get(id) ?? 0))

  it('keeps half its lead, and gives no more than half its weight', () => {
    const shared = sharedWith(ensemble, members, stacked, truth, objective)
    expect(sum(shared.weights.values())).toBeCloseTo(1, 12)
    const share = shareOf(shared.weights)
    expect(share).toBeGreaterThan(0)
    expect(share).toBeLessThanOrEqual(0.5 + 1e-12)
    expect(shared.weights.get(100)).toBeCloseTo(share / 2, 12)
    const outputsOf = new Map([...members, ...stacked].map(({ id, outputs }) => [id, outputs]))
    const outputs = blend(
      [...shared.weights].map(([id, weight]) => [outputsOf.get(id)!, weight]),
      truth.target.length * truth.width,
    )
    expect(shared.score).toBeCloseTo(scoreOf(outputs), 9)
    expect(sign * shared.score).toBeGreaterThanOrEqual((sign * ensemble.score + best) / 2 - 1e-9)
  })
  it('gives poor ones, which a member is as poor as, no more than half the lead allows', () => {
    const { outputs } = members[0]!
    // The answers for other rows.
    const poor = outputs.map((_, i) => outputs[(i + 7 * truth.width) % outputs.length]!)
    const field = [...members, { id: 99, outputs: poor }]
    const shared = sharedWith(ensemble, field, [{ id: 100, outputs: poor }], truth, objective)
    expect(shareOf(shared.weights)).toBeLessThan(0.45)
    expect(sign * shared.score).toBeGreaterThanOrEqual((sign * ensemble.score + best) / 2 - 1e-9)
  })
  it('gives half where that is no loss', () => {
    const same = [{ id: 100, outputs: blend([...ensemble.weights].map(([id, w]) => [members[Number(id)]!.outputs, w]), truth.target.length * truth.width) }] // prettier-ignore
    expect(shareOf(sharedWith(ensemble, members, same, truth, objective).weights)).toBeCloseTo(0.5, 12)
  })
  it('stays as it is without such members, with poor ones, and without a lead', () => {
    expect(sharedWith(ensemble, members, [], truth, objective)).toBe(ensemble)
    const poor = [{ id: 100, outputs: members[0]!.outputs.map((_, i) => (task === 'regression' ? 1e3 : i % truth.width === 0 ? 1 : 0)) }] // prettier-ignore
    expect(sharedWith(ensemble, members, poor, truth, objective)).toBe(ensemble)
    const single = greedyEnsemble(members.slice(0, 1), truth, objective)
    expect(sharedWith(single, members.slice(0, 1), stacked, truth, objective)).toBe(single)
  })
})

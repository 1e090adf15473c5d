import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../../src/algorithms/algorithm.ts'
import { gbtDepthwise } from '../../../src/algorithms/gbt-depthwise.ts'
import { fitBoosting } from '../../../src/algorithms/trees/boosting.ts'
import {
  absoluteLoss,
  gammaLoss,
  huberLoss,
  type PointLoss,
  poissonLoss,
  quantileLoss,
  tweedieLoss,
  weightedQuantile,
} from '../../../src/algorithms/trees/point-losses.ts'
import { predictModel } from '../../../src/models/index.ts'
import { defaults, type Params } from '../../../src/params/space.ts'
import { createRng } from '../../../src/util/rng.ts'
import { fitContext } from '../../helpers/fit.ts'

const LOSSES = [absoluteLoss, quantileLoss(0.8), huberLoss(0.7), poissonLoss, gammaLoss, tweedieLoss(1.3)]

describe.each(LOSSES)('the loss $name', loss => {
  const points = [-2.1, -0.4, 0.3, 1.7].flatMap(score =>
    [0.2, 1, 3.5].map(target => [score, target] as const),
  )

  it.each(points)('has the slope of its own curve at score %d, target %d', (score, target) => {
    const slope = { g: 0, h: 0 }
    loss.slope(score, target, slope)
    const step = 1e-5
    const numeric = (loss.loss(score + step, target) - loss.loss(score - step, target)) / (2 * step)
    expect(slope.g).toBeCloseTo(numeric, 5)
    expect(slope.h).toBeGreaterThan(0)
    if (loss.leafQuantile !== undefined || loss.name === 'huber') return
    const bend = { g: 0, h: 0 }
    loss.slope(score + step, target, bend)
    expect(slope.h).toBeCloseTo((bend.g - slope.g) / step, 2)
  })
})

/** Two groups told apart by one feature; targets of each are drawn by `draw`. */
function groups(draw: (group: number, random: () => number) => number, rows = 4000): TrainingData {
  const rng = createRng(4)
  const values = Float32Array.from({ length: rows }, (_, row) => row % 2)
  const target = Float64Array.from(values, group => draw(group, () => rng.next()))
  return {
    task: 'regression',
    classes: 0,
    features: { rows, columns: [{ kind: 'dense', name: 'group', values }] },
    target,
  }
}

async function learn(data: TrainingData, params: Params): Promise<[number, number]> {
  const model = await gbtDepthwise.fit(
    data,
    { ...defaults(gbtDepthwise.space), num_round: 200, eta: 0.1, lambda: 1e-3, subsample: 1, ...params },
    fitContext(),
  )
  const columns = [{ kind: 'dense' as const, name: 'group', values: Float32Array.of(0, 1) }]
  const [first, second] = await predictModel(model, { rows: 2, columns })
  return [first!, second!]
}

const memberValues = ({ target }: TrainingData, group: number) =>
  Array.from(target).filter((_, row) => row % 2 === group)
const quantile = (values: number[], level: number) =>
  weightedQuantile(
    Int32Array.from(values.keys()),
    level,
    i => values[i]!,
    () => 1,
  )

describe('boosting learns what its loss asks for', () => {
  // Skewed: mean, median and quantiles lie apart.
  const skewed = groups((group, random) => (group === 0 ? 10 : 40) + 8 * -Math.log(1 - random()))

  it.each([
    [{ loss: 'absolute' }, 0.5],
    [{ loss: 'quantile', quantile_level: 0.1 }, 0.1],
    [{ loss: 'quantile', quantile_level: 0.9 }, 0.9],
  ] as const)('%o: the quantile of each group', async (params, level) => {
    const found = await learn(skewed, params)
    for (const group of [0, 1]) {
      const truth = quantile(memberValues(skewed, group), level)
      expect(Math.abs(found[group]! - truth)).toBeLessThan(0.05)
    }
  })

  it.each(['squared', 'poisson', 'gamma', 'tweedie'])('%s: the mean of each group', async loss => {
    const found = await learn(skewed, { loss })
    for (const group of [0, 1]) {
      const values = memberValues(skewed, group)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      expect(found[group]! / mean).toBeCloseTo(1, 2)
    }
  })

  it('huber: hardly moved by wild values', async () => {
    const wild = groups((group, random) => (random() < 0.02 ? 1e4 : 10 * group + random()))
    const [squared] = await learn(wild, { loss: 'squared' })
    const [huber] = await learn(wild, { loss: 'huber', huber_slope: 0.01 })
    expect(squared).toBeGreaterThan(100)
    expect(huber).toBeLessThan(5)
  })

  it('refuses targets a loss is not defined for', async () => {
    const negative = groups(group => group - 0.5)
    await expect(learn(negative, { loss: 'poisson' })).rejects.toThrow(
      /"poisson" was given the target value -0.5/,
    )
    await expect(
      learn(
        groups(group => group),
        { loss: 'gamma' },
      ),
    ).rejects.toThrow(/values above 0/)
  })

  it("takes a loss of one's own", async () => {
    const logCosh: PointLoss = {
      name: 'log-cosh',
      unit: 'deviations',
      start: 'mean',
      slope(score, target, into) {
        const t = Math.tanh(score - target)
        into.g = t
        into.h = Math.max(1e-3, 1 - t * t)
      },
      loss: (score, target) => Math.log(Math.cosh(score - target)),
    }
    const rules = { rounds: 100, learningRate: 0.2, rowShare: 1, sampling: 'uniform', featureShare: 1, order: 'depth', maxLeaves: 2, maxDepth: 1, gamma: 0, lambda: 0, alpha: 0, minChildWeight: 0, minRows: 1, randomThresholds: false } as const // prettier-ignore
    const model = await fitBoosting(skewed, { ...rules, loss: logCosh }, fitContext())
    const columns = [{ kind: 'dense' as const, name: 'group', values: Float32Array.of(0, 1) }]
    const [first] = await predictModel(model, { rows: 2, columns })
    const values = memberValues(skewed, 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(first).toBeLessThan(mean)
    expect(first).toBeGreaterThan(quantile(values, 0.5))
  })
})

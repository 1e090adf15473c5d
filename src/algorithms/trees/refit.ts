import { withArena } from '../../kernels/kernels.ts'
import { appendEncoded } from '../../models/category-encoders.ts'
import type { ForestModel } from '../../models/forest.ts'
import { leafNumbers } from '../../models/forest-sums.ts'
import type { Params } from '../../params/space.ts'
import type { TrainingData } from '../algorithm.ts'
import { readSettings } from './boosting-settings.ts'
import { scoresBy } from './continuation.ts'
import { lossFor, type Loss } from './losses.ts'
import { targetUnit } from './standardize.ts'
import { addVectors, VectorLeaves } from './vector-leaves.ts'

export interface RefitRules {
  readonly learningRate: number
  readonly lambda: number
  /** Share of the old leaf values that stays, 0 … 1. */
  readonly keep: number
}

/**
 * Gives the leaves of boosted trees new values from other rows, in the order the trees were grown, without growing anything:
 * thresholds and features stay. Each leaf gets the Newton step −G / (H + λ) of its rows, or their quantile, mixed with `keep` of
 * what it had; leaves no row comes to keep their value. Cost: one walk of every row down every tree.
 */
export async function refitLeaves(
  model: ForestModel,
  given: TrainingData,
  { learningRate, lambda, keep }: RefitRules,
  settings: Params = {},
): Promise<ForestModel> {
  const { data, options } = readSettings(given, settings)
  return withArena(async arena => {
    const unit = targetUnit(data, options.loss)
    const { rows } = data.features
    const stride = Math.ceil(rows / 4) * 4
    const examples = unit.of(data)
    const loss = lossFor({ arena, examples, stride }, data, options.loss)
    const features = model.encoders ? appendEncoded(data.features, model.encoders) : data.features
    const outputs = model.base.length
    const scores = arena.allocate(4 * stride * outputs)
    const start = await scoresBy({ ...model, roots: new Int32Array(0) }, features, unit)
    start.forEach((base, k) => arena.f32(scores + 4 * stride * k, rows).set(base))
    const pairs = arena.allocate(8 * stride)
    const values = model.values.slice()
    if (model.leafWidth > 1) {
      const vectors = new VectorLeaves(arena, data, { classes: outputs, stride })
      for (let tree = 0; tree < model.roots.length; tree++) {
        vectors.findGradients(scores)
        const leaves = await leafNumbers(model, features, tree, tree + 1)
        const { numbers, leafOf } = renumber(leaves)
        const steps = vectors.steps(leafOf, numbers.length, lambda, 0)
        const mixed = steps.map((step, i) => {
          const old = model.values[numbers[Math.floor(i / outputs)]! * outputs + (i % outputs)]!
          return keep * old + (1 - keep) * learningRate * step
        })
        for (const [i, value] of mixed.entries())
          values[numbers[Math.floor(i / outputs)]! * outputs + (i % outputs)] = value
        addVectors(arena, leafOf, mixed, 1, { scores, stride, classes: outputs })
      }
      return { ...model, values }
    }
    for (let tree = 0; tree < model.roots.length; tree++) {
      const output = tree % outputs
      if (output === 0) loss.startRound(scores)
      const scales = loss.gradients(scores, output, pairs)
      const own = arena.f32(scores + 4 * stride * output, stride)
      const leaves = await leafNumbers(model, features, tree, tree + 1)
      const steps = leafSteps(
        loss,
        leaves,
        arena.i32(pairs, 2 * rows),
        own,
        lambda * scales.h,
        scales.h / scales.g,
      )
      for (const [leaf, step] of steps) {
        const mixed = keep * (model.values[leaf]! / unit.scale) + (1 - keep) * learningRate * step
        values[leaf] = unit.scale * mixed
      }
      for (let row = 0; row < rows; row++) own[row]! += values[leaves[row]!]! / unit.scale
    }
    return { ...model, values }
  })
}

/** The leaves some row comes to, counted from 0. */
function renumber(leaves: Int32Array): { readonly numbers: number[]; readonly leafOf: Int32Array } {
  const place = new Map<number, number>()
  const leafOf = leaves.map(leaf => {
    const known = place.get(leaf)
    if (known !== undefined) return known
    place.set(leaf, place.size)
    return place.size - 1
  })
  return { numbers: [...place.keys()], leafOf }
}

function leafSteps(
  loss: Loss,
  leaves: Int32Array,
  pairs: Int32Array,
  scores: Float32Array,
  lambda: number,
  step: number,
): Map<number, number> {
  const rowsOf = new Map<number, number[]>()
  for (let row = 0; row < leaves.length; row++) {
    const list = rowsOf.get(leaves[row]!)
    if (list) list.push(row)
    else rowsOf.set(leaves[row]!, [row])
  }
  const steps = new Map<number, number>()
  for (const [leaf, rows] of rowsOf) {
    if (loss.leafValue) {
      steps.set(leaf, loss.leafValue(Int32Array.from(rows), scores))
      continue
    }
    let g = 0
    let h = 0
    for (const row of rows) {
      g += pairs[2 * row]!
      h += pairs[2 * row + 1]!
    }
    steps.set(leaf, (-g / (h + lambda + 1)) * step)
  }
  return steps
}

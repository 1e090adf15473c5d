import type { ForestModel } from '../../models/forest.ts'
import type { Arena, Pointer } from '../../kernels/kernels.ts'
import { withArena } from '../../kernels/kernels.ts'
import { createRng, hashSeed, type Rng } from '../../util/rng.ts'
import type { FitContext, TrainingData } from '../algorithm.ts'
import { assembleForest } from './assemble.ts'
import { findBins } from './bins.ts'
import { balancedWeights } from '../class-weights.ts'
import { ClassCounts, type Criterion } from './class-counts.ts'
import { type GrowthRules, Grower, type Scales } from './grower.ts'
import { classShares, scalesFor } from './losses.ts'
import { type BinnedMatrix, binRows, planLayout } from './matrix.ts'
import { OutOfBag } from './out-of-bag.ts'
import { createPacer } from './pacer.ts'
import { standardize } from './standardize.ts'
import type { GrownTree } from './tree.ts'

export interface ForestRules {
  readonly trees: number
  /** Rows drawn with replacement for every tree (Breiman 2001), or all of them (Geurts et al. 2006). */
  readonly bootstrap: boolean
  readonly randomThresholds: boolean
  /** Share of the features, or a rule of their number, looked at in each node. */
  readonly maxFeatures: string
  readonly minRows: number
  readonly maxDepth: number
  /** How splits of classes are judged. */
  readonly criterion?: Criterion
  readonly balanced?: boolean
  /** Scores every tree on the rows it was not grown on. */
  readonly outOfBag?: boolean
}

/** Leaves of a whole forest at most: beyond it, models of many rows weigh more than they gain. */
const MAX_LEAVES = 1_000_000

/**
 * Averages of deep trees on random rows, features or thresholds. Binary and regression trees reduce variance by the gradient
 * kernels (for two classes that is the Gini criterion); more classes are counted. Cost: O(trees · rows · features per node · depth).
 */
export const fitForest = (
  data: TrainingData,
  rules: ForestRules,
  context: FitContext,
): Promise<ForestModel> =>
  withArena(arena => grow(arena, rules.balanced ? balancedWeights(data) : data, rules, context))

async function grow(
  arena: Arena,
  data: TrainingData,
  rules: ForestRules,
  context: FitContext,
): Promise<ForestModel> {
  const rng = createRng(context.seed)
  const found = findBins(data.features, hashSeed(context.seed, 'bins'))
  const matrix = binRows(arena, data.features, planLayout(found, { sparse: false }))
  const counted = data.task === 'multiclass' || (data.task === 'binary' && rules.criterion === 'entropy')
  const judge = counted
    ? new ClassJudge(arena, data, matrix, rules.criterion)
    : new ValueJudge(arena, data, matrix)
  const leafWidth = counted ? data.classes : 1
  const width = matrix.layout.features.length
  const everyFeature = Int32Array.from({ length: width }, (_, f) => f)
  const growth = growthRules(data, rules, width, counted)
  const outOfBag =
    rules.outOfBag && rules.bootstrap ? new OutOfBag(arena, data, matrix, leafWidth) : undefined
  const pacer = createPacer(context)
  const trees: GrownTree[] = []
  const size = Math.ceil((context.stepShare ?? 1) * rules.trees)
  for (let tree = 0; tree < size; tree++) {
    if (!(await pacer.mayGoOn()) && tree > 0) break
    const times = drawTimes(data, rules.bootstrap, rng)
    const drawn = putDrawn(arena, judge.grower.rows, times)
    const scales = judge.prepare(times)
    const grown = judge.grower.grow(drawn, everyFeature, rng, scales, growth)
    trees.push(grown)
    outOfBag?.add(grown, times)
  }
  // The overall shares count as half a tree: no class is ever impossible.
  const doubt = data.task === 'regression' ? 0 : 0.5 / (trees.length + 0.5)
  const model = assembleForest(trees, matrix.layout, {
    task: data.task,
    classes: data.classes,
    width: data.features.columns.length,
    base: judge.shares.map(share => doubt * share),
    scale: judge.scale,
    factor: 1 - doubt,
    link: 'mean',
    leafWidth,
  })
  return outOfBag ? { ...model, outOfBag: outOfBag.score(judge.scale) } : model
}

function growthRules(
  { task, features: { rows } }: TrainingData,
  rules: ForestRules,
  width: number,
  counted: boolean,
): GrowthRules {
  const share = rules.maxFeatures === 'auto' ? (task === 'regression' ? 'third' : 'sqrt') : rules.maxFeatures
  const count = { sqrt: Math.sqrt(width), third: width / 3, 'two-thirds': (2 * width) / 3, all: width }[
    share
  ]!
  const nodeFeatures = Math.min(width, Math.max(1, Math.round(count)))
  const leaves = MAX_LEAVES / rules.trees
  return {
    order: 'depth',
    maxLeaves: Infinity,
    maxDepth: rules.maxDepth,
    gamma: 0,
    lambda: 0,
    alpha: 0,
    minChildWeight: 0,
    minRows: Math.max(rules.minRows, Math.floor(rows / (2 * leaves))),
    randomThresholds: rules.randomThresholds,
    nodeFeatures: nodeFeatures === width && !counted ? 0 : nodeFeatures,
  }
}

/** How often each row takes part in a tree. Rows of weight 0 never do. */
function drawTimes({ features: { rows }, weights }: TrainingData, bootstrap: boolean, rng: Rng): Uint8Array {
  const times = new Uint8Array(rows)
  if (!bootstrap) times.fill(1)
  else {
    for (let i = 0; i < rows; i++) {
      const row = rng.int(rows)
      if (times[row]! < 255) times[row]!++
    }
  }
  if (weights) for (let row = 0; row < rows; row++) if (weights[row] === 0) times[row] = 0
  return times
}

function putDrawn(arena: Arena, rows: Pointer, times: Uint8Array): number {
  const out = arena.i32(rows, times.length)
  let drawn = 0
  for (let row = 0; row < times.length; row++) if (times[row]! > 0) out[drawn++] = row
  return drawn
}

interface Judge {
  readonly grower: Grower
  readonly scale: { readonly mean: number; readonly scale: number }
  /** What is predicted without looking: a share per class, that of class 1, or 0 for values (which are centred). */
  readonly shares: Float64Array
  /** Takes note of the rows drawn for the next tree. */
  prepare(times: Uint8Array): Scales
}

/** Squared error on values, or on 0 and 1 for two classes: g = −w · target, h = w, so that −G / H is the mean. */
class ValueJudge implements Judge {
  readonly grower: Grower
  readonly scale: { readonly mean: number; readonly scale: number }
  readonly shares: Float64Array
  private readonly arena: Arena
  private readonly gradients: Pointer
  private readonly target: Float64Array
  private readonly weights: Float64Array | undefined
  private readonly scales: Scales

  constructor(arena: Arena, data: TrainingData, matrix: BinnedMatrix) {
    const standard = data.task === 'regression' ? standardize(data) : undefined
    this.scale = standard ?? { mean: 0, scale: 1 }
    this.shares = standard ? Float64Array.of(0) : classShares(data, 2).slice(1)
    this.target = standard ? standard.of(data).target : data.target
    this.weights = data.weights
    this.arena = arena
    this.gradients = arena.allocate(8 * matrix.rows)
    this.grower = new Grower(arena, matrix, this.gradients, { slots: 64 })
    const topWeight = (this.weights ? this.weights.reduce((top, w) => Math.max(top, w), 0) : 1) * 16
    const topTarget = this.target.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-30)
    this.scales = scalesFor(matrix.rows, topTarget * topWeight, topWeight)
  }

  prepare(times: Uint8Array): Scales {
    const { arena, target, weights, scales } = this
    const out = arena.i32(this.gradients, 2 * times.length)
    for (let row = 0; row < times.length; row++) {
      const weight = Math.min(16, times[row]!) * (weights ? weights[row]! : 1)
      out[2 * row] = Math.round(-target[row]! * weight * scales.g)
      out[2 * row + 1] = Math.round(weight * scales.h)
    }
    return scales
  }
}

class ClassJudge implements Judge {
  readonly grower: Grower
  readonly scale = { mean: 0, scale: 1 }
  readonly shares: Float64Array
  private readonly classes: ClassCounts

  constructor(arena: Arena, data: TrainingData, matrix: BinnedMatrix, criterion?: Criterion) {
    this.shares = classShares(data, data.classes)
    this.classes = new ClassCounts(arena, matrix, data, data.classes, criterion)
    this.grower = new Grower(arena, matrix, 0, { slots: 3, classes: this.classes })
  }

  prepare(times: Uint8Array): Scales {
    this.classes.draw(times)
    return { g: 1, h: 1 }
  }
}

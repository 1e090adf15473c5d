import type { Arena, Pointer } from '../../kernels/kernels.ts'
import { withArena } from '../../kernels/kernels.ts'
import type { Params } from '../../params/space.ts'
import type { Features } from '../../data/features.ts'
import type { ForestModel } from '../../models/forest.ts'
import type { ModelData } from '../../models/model.ts'
import { createRng, hashSeed, type Rng } from '../../util/rng.ts'
import type { FitContext, TrainingData } from '../algorithm.ts'
import { answersInTurn } from '../in-turn.ts'
import { assembleForest } from './assemble.ts'
import { binsFor, findBins } from './bins.ts'
import { joinForests, requireForest, scoresBy } from './continuation.ts'
import { type BoostingOptions, readSettings } from './boosting-settings.ts'
import { type GrowthRules, Grower, type Scales } from './grower.ts'
import { type Loss, lossFor } from './losses.ts'
import { type BinnedMatrix, binRows, planLayout } from './matrix.ts'
import { createHaste } from './haste.ts'
import { HeldOut, patience } from './held-out.ts'
import { createPacer } from './pacer.ts'
import type { Drawn, RowSampler } from './row-sampling.ts'
import { GradientSampler, OneSideSampler } from './row-sampling.ts'
import { drawFeatures } from './selection.ts'
import { targetUnit } from './standardize.ts'
import type { GrownTree } from './tree.ts'
import { addVectors, leavesOf, VectorLeaves } from './vector-leaves.ts'
import { treeTable } from './walk.ts'

/** Gradient boosting, whatever the shape of its trees. */
export interface BoostingRules extends Omit<GrowthRules, 'nodeFeatures'> {
  readonly rounds: number
  readonly learningRate: number
  /** Share of rows drawn for each round (alike) or each tree (by gradient). */
  readonly rowShare: number
  /** Whether all rows have the same odds, or those with large gradients better ones. */
  readonly sampling: 'uniform' | 'by-gradient'
  /** Columns of which the trees of a round see one set, drawn anew each round; left out: they see all columns. */
  readonly views?: readonly (readonly number[])[]
  /** Share of features drawn for each tree. */
  readonly featureShare: number
}

const DEAD_ROUNDS = 10 // rounds in a row without a single split that end the boosting

type Rules = BoostingRules & BoostingOptions

/**
 * Gradient boosting by Newton steps (Friedman 2001; Chen & Guestrin 2016, §2–3) on histograms of at most 255 value bins.
 * `settings` are those of `boostingSettings`. Cost per tree: O(rows · features) additions for the root, about half of that again for each further level.
 */
export async function fitBoosting(
  given: TrainingData,
  rules: Rules,
  context: FitContext,
  settings: Params = {},
): Promise<ForestModel> {
  const { data, options } = readSettings(given, settings)
  return withArena(
    async arena => {
      const rounds = Math.ceil((context.stepShare ?? 1) * rules.rounds)
      const booster = new Booster(arena, data, { ...rules, ...options, rounds }, context)
      if (data.continueFrom) await booster.startFrom(data.continueFrom)
      return booster.run()
    },
    1 + (context.spareThreads ?? 0),
  )
}

class Booster {
  private readonly arena: Arena
  private readonly data: TrainingData
  private readonly rules: Rules
  private readonly context: FitContext
  private readonly rng: Rng
  private readonly scale: { readonly mean: number; readonly scale: number }
  private readonly matrix: BinnedMatrix
  private readonly loss: Loss
  private readonly stride: number
  private readonly scores: Pointer
  private readonly gradients: Pointer
  private readonly grower: Grower
  private readonly order: Int32Array
  private readonly rareRows: Int32Array
  private readonly sampler: RowSampler | undefined
  private readonly held: HeldOut | undefined
  private pace = 1
  private readonly trees: GrownTree[] = []
  private before: ForestModel | undefined
  private readonly vectors: VectorLeaves | undefined
  /** Positions in the layout of the columns of each view. */
  private readonly views: readonly Int32Array[]

  constructor(arena: Arena, given: TrainingData, rules: Rules, context: FitContext) {
    const unit = targetUnit(given, rules.loss)
    const data: TrainingData = {
      ...given,
      ...unit.of(given),
      ...(given.validation ? { validation: unit.of(given.validation) } : {}),
    }
    this.arena = arena
    this.data = data
    this.rules = rules
    this.context = context
    this.scale = unit
    this.rng = createRng(context.seed)
    const { rows } = data.features
    this.stride = Math.ceil(rows / 4) * 4
    const bins = findBins(
      data.features,
      hashSeed(context.seed, 'bins'),
      binsFor(rows, data.features.columns.length),
    )
    this.matrix = binRows(arena, data.features, planLayout(bins))
    this.loss = lossFor({ arena, examples: data, stride: this.stride }, data, rules.loss)
    const everyFeature = Int32Array.from(this.matrix.layout.features, (_, f) => f)
    this.views = rules.views?.map(columns => {
      const seen = new Set(columns)
      return everyFeature.filter(f => seen.has(this.matrix.layout.features[f]!.column))
    }) ?? [everyFeature]
    const { outputs, base } = this.loss
    this.scores = arena.allocate(4 * this.stride * outputs)
    for (let k = 0; k < outputs; k++) {
      arena.f32(this.scores + 4 * this.stride * k, this.stride).fill(base[k]!)
    }
    this.gradients = arena.allocate(8 * this.stride)
    const { monotone } = rules
    this.grower = new Grower(arena, this.matrix, this.gradients, {
      slots: rules.maxLeaves + 1,
      ...(monotone && {
        directions: Int8Array.from(this.matrix.layout.features, ({ column }) => monotone.get(column) ?? 0),
      }),
    })
    if (rules.vectorLeaves && data.task === 'multiclass')
      this.vectors = new VectorLeaves(arena, data, { classes: outputs, stride: this.stride })
    this.order = Int32Array.from({ length: rows }, (_, row) => row)
    this.rareRows = new Int32Array(rows)
    this.sampler = samplerFor(arena, rows, rules)
    this.held =
      data.validation && data.validation.features.rows > 0
        ? new HeldOut(arena, data.validation, this.matrix, this.loss)
        : undefined
  }

  /** Takes the scores of a model as the start; its trees stand before those to come. */
  async startFrom(model: ModelData): Promise<void> {
    const { arena, data, scale, stride } = this
    this.before = requireForest(model, this.assemble([]))
    const put = async (features: Features, at: Pointer, step: number) => {
      for (const [k, scores] of (await scoresBy(this.before!, features, scale)).entries())
        arena.f32(at + 4 * step * k, scores.length).set(scores)
    }
    await put(data.features, this.scores, stride)
    if (this.held) await put(this.held.examples.features, this.held.scores, this.held.examples.features.rows)
  }

  async run(): Promise<ForestModel> {
    const { rules, context, trees, held } = this
    const pacer = createPacer(context)
    const paceOf = createHaste(context, rules)
    let dead = 0
    if (this.before) held?.look(0)
    for (let round = 1; round <= rules.rounds; round++) {
      if (!(await pacer.mayGoOn()) && round > 1) break
      this.pace = paceOf(round)
      const splits = this.vectors ? this.vectorRound(this.vectors) : this.round()
      if (held) {
        const loss = held.look(round)
        context.report?.(round, loss)
        if (round - held.best.rounds >= patience(this.data, rules.learningRate, held.best.rounds)) break
      }
      dead = splits > 0 ? 0 : dead + 1
      if (
        dead >= DEAD_ROUNDS ||
        (dead > 0 && !this.sampler && rules.rowShare >= 1 && rules.featureShare >= 1)
      )
        break
    }
    if (!held || (held.best.rounds === 0 && !this.before)) return this.after(trees.length)
    const ended = this.after(held.best.rounds)
    const rounds = held.without?.map(one => one.rounds)
    if (context.judge && rounds?.every(count => count > 0 || this.before)) {
      const models = new Map([[held.best.rounds, ended]])
      for (const count of rounds) if (!models.has(count)) models.set(count, this.after(count))
      context.judge(
        await answersInTurn(
          held.examples.features,
          rounds.map(count => models.get(count)!),
        ),
      )
    }
    return ended
  }

  /** The model as it was after so many rounds. */
  private after(rounds: number): ForestModel {
    const grown = this.assemble(this.trees.slice(0, rounds * (this.vectors ? 1 : this.loss.outputs)))
    return this.before ? joinForests(this.before, grown) : grown
  }

  private assemble(trees: readonly GrownTree[]): ForestModel {
    const { data, loss, matrix, rules, scale } = this
    return assembleForest(trees, matrix.layout, {
      task: data.task,
      classes: data.classes,
      width: data.features.columns.length,
      base: loss.base,
      scale,
      factor: rules.learningRate,
      leafWidth: this.vectors ? loss.outputs : 1,
      ...(rules.loss?.unit === 'mean' && { link: 'exp' as const }),
    })
  }

  /** One tree per output; returns how many splits were made. */
  private round(): number {
    const { arena, loss, rng, rules, grower, matrix, stride } = this
    const rows = matrix.rows
    const uniform = this.sampler ? 0 : this.drawRows()
    const everyFeature = this.views[this.views.length > 1 ? rng.int(this.views.length) : 0]!
    const featureCount = Math.max(1, Math.round(rules.featureShare * everyFeature.length))
    loss.startRound(this.scores)
    let splits = 0
    for (let output = 0; output < loss.outputs; output++) {
      const own = this.scores + 4 * stride * output
      const found = loss.gradients(this.scores, output, this.gradients)
      const { count: drawn, scales } = this.sampler
        ? this.sampler.draw(this.gradients, found, rng, grower.rows)
        : { count: uniform, scales: found }
      if (!this.sampler) arena.i32(grower.rows, rows).set(this.order)
      const features = drawFeatures(everyFeature, featureCount, rng)
      const nodeFeatures = this.nodeFeatures(features.length)
      const tree = grower.grow(drawn, features, rng, scales, { ...rules, nodeFeatures })
      if (loss.leafValue) this.renewLeaves(tree, own, loss.leafValue)
      this.stretch(tree.values)
      this.trees.push(tree)
      splits += tree.feature.length
      this.addToScores(tree, own, drawn)
      this.held?.add(tree, output, rules.learningRate)
    }
    return splits
  }

  /** One tree with a step for every class in each leaf. */
  private vectorRound(vectors: VectorLeaves): number {
    const { arena, rng, rules, grower, matrix, stride, held, loss } = this
    const features = this.drawColumns()
    const { count: drawn, scales } = this.drawFor(vectors.project(this.scores, rng, this.gradients))
    const nodeFeatures = this.nodeFeatures(features.length)
    const grown = grower.grow(drawn, features, rng, scales, { ...rules, nodeFeatures })
    const leafOf = leavesOf(arena, grown, { rows: grower.rows, drawn }, matrix)
    const tree = { ...grown, values: vectors.steps(leafOf, grown.counts.length, rules.lambda, rules.alpha) }
    this.stretch(tree.values)
    this.trees.push(tree)
    const target = { scores: this.scores, stride, classes: loss.outputs }
    addVectors(arena, leafOf, tree.values, rules.learningRate, target)
    held?.addVectors(tree, rules.learningRate)
    return tree.feature.length
  }

  /** Longer steps than usual where time is short. */
  private stretch(values: number[]): void {
    if (this.pace !== 1) for (let i = 0; i < values.length; i++) values[i]! *= this.pace
  }

  /** Columns that a tree may look at: a share of those of one view. */
  private drawColumns(): Int32Array {
    const { views, rng, rules } = this
    const seen = views[views.length > 1 ? rng.int(views.length) : 0]!
    return drawFeatures(seen, Math.max(1, Math.round(rules.featureShare * seen.length)), rng)
  }

  /** Writes the rows of one tree to the grower, those drawn before the others. */
  private drawFor(scales: Scales): Drawn {
    const { arena, grower, sampler, rng } = this
    if (sampler) return sampler.draw(this.gradients, scales, rng, grower.rows)
    const count = this.drawRows()
    arena.i32(grower.rows, this.matrix.rows).set(this.order)
    return { count, scales }
  }

  /** Features drawn anew in each node, or 0 for all of the tree. */
  private nodeFeatures(features: number): number {
    const { nodeShare = 1 } = this.rules
    return nodeShare < 1 ? Math.max(1, Math.round(nodeShare * features)) : 0
  }

  private renewLeaves(tree: GrownTree, scores: Pointer, leafValue: NonNullable<Loss['leafValue']>): void {
    const { arena, grower, stride } = this
    const current = arena.f32(scores, stride)
    for (let leaf = 0; leaf < tree.counts.length; leaf++) {
      const rows = arena.i32(grower.rows + 4 * tree.begins[leaf]!, tree.counts[leaf]!)
      tree.values[leaf] = leafValue(rows.slice(), current)
    }
  }

  /** Puts the drawn rows first in `order`, both parts ascending; returns how many were drawn. */
  private drawRows(): number {
    const { order, rng } = this
    const { rowShare } = this.rules
    if (rowShare >= 1) return order.length
    // Draws the gaps between rows of the smaller part, so that few random numbers do for many rows.
    const rare = Math.min(rowShare, 1 - rowShare)
    const perGap = 1 / Math.log1p(-rare)
    const gap = () => Math.floor(Math.log(1 - rng.next()) * perGap)
    const picked = this.rareRows
    let size = 0
    for (let row = gap(); row < order.length; row += 1 + gap()) picked[size++] = row
    const drawn = rowShare >= 0.5 ? order.length - size : size
    // The frequent ones are those between the rare ones.
    let at = rowShare >= 0.5 ? 0 : size
    let row = 0
    for (let i = 0; i <= size; i++) {
      const end = i < size ? picked[i]! : order.length
      while (row < end) order[at++] = row++
      row++
    }
    order.set(picked.subarray(0, size), rowShare >= 0.5 ? drawn : 0)
    return drawn
  }

  private addToScores(tree: GrownTree, scores: Pointer, drawn: number): void {
    const { arena, grower, matrix } = this
    const { learningRate } = this.rules
    for (let leaf = 0; leaf < tree.counts.length; leaf++) {
      const rows = grower.rows + 4 * tree.begins[leaf]!
      arena.kernels.addToRows(rows, tree.counts[leaf]!, learningRate * tree.values[leaf]!, scores)
    }
    if (drawn === matrix.rows || tree.feature.length === 0) return
    const mark = arena.mark
    const { nodes, values } = treeTable(arena, tree, matrix.layout, learningRate)
    const { kernels } = arena
    kernels.walkBins(nodes, matrix.blocks, matrix.rows, matrix.layout.dense, matrix.groupTable, grower.rows + 4 * drawn, matrix.rows - drawn, values, scores) // prettier-ignore
    arena.rewind(mark)
  }
}

/** How rows are drawn tree by tree; left out: round by round, all alike. */
function samplerFor(
  arena: Arena,
  rows: number,
  { oneSide, sampling, rowShare }: Rules,
): RowSampler | undefined {
  if (oneSide) return new OneSideSampler(arena, rows, oneSide)
  return sampling === 'by-gradient' && rowShare < 1 ? new GradientSampler(arena, rows, rowShare) : undefined
}

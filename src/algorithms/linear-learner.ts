import { linear as linearKind, type LinearModel } from '../models/linear.ts'
import { choice, logFloat, when, type Params } from '../params/space.ts'
import { createTape } from '../util/clock-tape.ts'
import type { Algorithm, FitContext, TrainingData } from './algorithm.ts'
import { blockObjective } from './linear/by-block.ts'
import { columnObjective } from './linear/by-column.ts'
import { minimize } from './linear/lbfgs.ts'
import { normalEquations, solveElasticNet, solveRidge } from './linear/least-squares.ts'
import { momentsOf } from './linear/moments.ts'
import type { LinearProblem } from './linear/problem.ts'

const space = {
  wd: logFloat(1e-7, 1, 1e-3),
  penalty: choice(['l2', 'elastic-net']),
  l1: when('penalty', ['elastic-net'], logFloat(1e-7, 1, 1e-3)),
  class_weight: choice(['none', 'balanced']),
}

const MAX_ITERATIONS = 1000
const EXACT = 1e-9 // share of the loss that ten iterations must gain to go on
const ROUGH = 2e-4 // the same for large float32 tables, where sampling error is larger by far
const MAX_GRAM_FEATURES = 1500 // above, the normal equations cost more than they save
const COLUMN_CELLS = 1 << 15 // below, plain loops are done before a session is opened
const SPARSE = 0.15 // share of non-zero cells below which columns beat matrix products

/**
 * Logistic and softmax regression by L-BFGS (OWL-QN with an L1 penalty), least squares by the normal equations: ridge by
 * Cholesky, elastic net by coordinate descent. Columns are standardised inside, so both penalties treat them alike; the
 * model holds plain weights for the columns as they came. Penalties are per mean loss, not per summed loss.
 */
export const linearLearner: Algorithm = {
  name: 'linear-learner',
  autopilotName: 'linear-learner',
  summary:
    'Logistic, softmax or ridge regression with L2 and L1 penalties: exact, small and fast; best where effects add up or rows are few.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'linear',
  requires: ['no-missing'],
  space,
  expectedSeconds({ task, rows, features, classes }) {
    const cells = rows * features
    if (task === 'regression') return 0.02 + cells * (2e-8 + 1.5e-10 * Math.min(features, 200))
    const scores = task === 'binary' ? 1 : classes
    // Columns of a wide table go together, and those of one bent column do: the search takes more steps.
    const iterations = Math.min(MAX_ITERATIONS, 100 + features)
    return 0.02 + 1.2e-8 * cells + iterations * (cells * (1.5e-10 * scores + 2e-10) + rows * scores * 1.5e-8)
  },
  async fit(data, params, context) {
    const problem = problemOf(data, params)
    if (data.task === 'regression') return fitRegression(problem, params, context)
    return toModel(problem, await descend(problem, params, context), data.classes)
  },
}

function problemOf(
  { features, target, weights, task, classes }: TrainingData,
  params: Params,
): LinearProblem {
  const importance = weights ? weights.slice() : new Float64Array(features.rows).fill(1)
  if (task !== 'regression' && params['class_weight'] === 'balanced') balance(importance, target, classes)
  let total = 0
  for (const weight of importance) total += weight
  for (let row = 0; row < importance.length; row++) importance[row]! /= total
  return {
    features,
    target,
    weights: importance,
    link: task === 'regression' ? 'identity' : task === 'binary' ? 'logistic' : 'softmax',
    scores: task === 'multiclass' ? classes : 1,
    wd: Number(params['wd']),
    moments: momentsOf(features, importance),
  }
}

/** Gives every class the same total weight. */
function balance(weights: Float64Array, target: Float64Array, classes: number): void {
  const totals = new Float64Array(classes)
  for (const [row, label] of target.entries()) totals[label]! += weights[row]!
  for (const [row, label] of target.entries()) weights[row]! /= totals[label]! || 1
}

/** Least squares on the standardised target, so that penalties mean the same whatever its unit. */
async function fitRegression(problem: LinearProblem, params: Params, context: FitContext) {
  const { target, weights, features } = problem
  let mean = 0
  let squares = 0
  for (const [row, value] of target.entries()) mean += weights[row]! * value
  for (const [row, value] of target.entries()) squares += weights[row]! * (value - mean) ** 2
  const scale = Math.sqrt(squares) || 1
  const centred = { ...problem, target: target.map(value => (value - mean) / scale) }
  const point = await leastSquares(centred, params, context)
  for (let i = 0; i < point.length; i++) point[i]! *= scale
  point[features.columns.length]! += mean
  return toModel(problem, point, 1)
}

async function leastSquares(problem: LinearProblem, params: Params, context: FitContext) {
  const width = problem.features.columns.length
  if (width > MAX_GRAM_FEATURES) return descend(problem, params, context)
  const equations = await normalEquations(problem, context.threads, () => {
    context.signal.throwIfAborted()
    return true
  })
  const l1 = Number(params['l1'] ?? 0)
  const point = new Float64Array(width + 1)
  point.set(l1 > 0 ? solveElasticNet(equations, problem.wd, l1) : solveRidge(equations, problem.wd))
  return point
}

async function descend(problem: LinearProblem, params: Params, context: FitContext) {
  const width = problem.features.columns.length
  const size = problem.scores * width
  const start = new Float64Array(size + problem.scores)
  start.set(priorScores(problem), size)
  const l1 = Number(params['l1'] ?? 0)
  const penalties = l1 > 0 ? new Float64Array(start.length).fill(l1, 0, size) : undefined
  const inTime = (context.tape ?? createTape()).track()
  const blocks = favoursColumns(problem) ? undefined : await blockObjective(problem, context.threads)
  try {
    return await minimize(blocks ? blocks.objective : columnObjective(problem), start, {
      ...(penalties ? { l1: penalties } : {}),
      maxIterations: MAX_ITERATIONS,
      tolerance: 1e-6,
      relativeDecrease: blocks && !blocks.exact ? ROUGH : EXACT,
      proceed: iteration => {
        context.signal.throwIfAborted()
        const ask = () => Number(performance.now() < context.deadline)
        return iteration === 0 || inTime.follow(iteration, 1, ask) === 1
      },
    })
  } finally {
    await blocks?.release()
  }
}

function favoursColumns({ features: { rows, columns } }: LinearProblem): boolean {
  const cells = rows * columns.length
  const filled = columns.reduce((sum, column) => sum + column.values.length, 0)
  return cells <= COLUMN_CELLS || filled < SPARSE * cells
}

/** Scores at which the model without features predicts each class as often as it occurs. */
function priorScores({ link, scores, target, weights }: LinearProblem): Float64Array {
  if (link === 'identity') return new Float64Array(1)
  const shares = new Float64Array(Math.max(2, scores)).fill(1e-6)
  for (const [row, label] of target.entries()) shares[label]! += weights[row]!
  return link === 'logistic' ? Float64Array.of(Math.log(shares[1]! / shares[0]!)) : shares.map(Math.log)
}

/** Weights for the columns as they came: u · inverse, with the means moved into the biases. */
function toModel(
  { link, scores, moments, features }: LinearProblem,
  point: Float64Array,
  outputs: number,
): LinearModel {
  const width = features.columns.length
  const weights = new Float64Array(scores * width)
  const biases = point.slice(scores * width)
  for (let k = 0, at = 0; k < scores; k++) {
    for (let j = 0; j < width; j++, at++) {
      weights[at] = point[at]! * moments.inverses[j]!
      biases[k]! -= weights[at]! * moments.means[j]!
    }
  }
  return { kind: linearKind.kind, outputs: Math.max(1, outputs), link, features: width, weights, biases }
}

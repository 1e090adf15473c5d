import { loadavg } from 'node:os'
import type { Algorithm } from '../src/algorithms/algorithm.ts'
import { cart } from '../src/algorithms/cart.ts'
import { extraTrees } from '../src/algorithms/extra-trees.ts'
import { gbtDepthwise } from '../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../src/algorithms/gbt-leafwise.ts'
import { mlRandomForest } from '../src/algorithms/ml-random-forest.ts'
import { randomForest } from '../src/algorithms/random-forest.ts'
import { predictModel } from '../src/models/index.ts'
import type { Params } from '../src/params/space.ts'
import {
  benchOptions,
  type Contender,
  finish,
  interleave,
  measurementLine,
  note,
  pythonVersions,
  pythonPath,
  startPython,
  type Ratio,
  ratio,
  type RunResult,
} from './harness.ts'
import { benchTables, type BenchTable } from './trees-data.ts'

/** One comparison: ours and a peer with the same hyperparameters on the same table. */
interface Match {
  readonly table: BenchTable
  readonly algorithm: Algorithm
  readonly params: Params
  readonly peer: string
  readonly peerParams: Readonly<Record<string, unknown>>
  readonly bound: number
  /** The peer, where it is a package of npm that has an algorithm here. */
  readonly rival?: Algorithm
  /** Ours goes on until its loss is the peer's; its own number of rounds is the most it may take. */
  readonly untilEqual?: boolean
}

interface PeerAnswer {
  readonly binning: number
  readonly fit: number
  readonly predict: number
  readonly loss: number
}

const { quick, json } = benchOptions()
/** --threads=N: fits and peers with so many threads, and the clock on the wall instead of the processor's. */
const threads = Number(process.argv.find(argument => argument.startsWith('--threads='))?.slice(10) ?? 1)
const versions = pythonVersions(['lightgbm', 'xgboost', 'sklearn'])
const tables = benchTables()
const python =
  Object.keys(versions).length === 0 ? undefined : startPython<PeerAnswer>('bench/peers/trees.py')

const leafwise = { num_leaves: 31, learning_rate: 0.1, min_data_in_leaf: 20, feature_fraction: 1, bagging_fraction: 1, lambda_l1: 0, lambda_l2: 0, extra_trees: false } // prettier-ignore
const lightgbm = { num_leaves: 31, learning_rate: 0.1, min_data_in_leaf: 20, max_bin: 255 }
const depthwise = { max_depth: 6, eta: 0.1, gamma: 0, min_child_weight: 1, subsample: 1, colsample_bytree: 1, lambda: 1, alpha: 0 } // prettier-ignore
const xgboost = { max_depth: 6, eta: 0.1, gamma: 0, min_child_weight: 1, lambda: 1, max_bin: 256 }

function* matches(): Generator<Match> {
  const rounds = 100
  if (process.argv.includes('--digits')) return yield* digits()
  if (process.argv.includes('--forests')) return yield* forests()
  if (process.argv.includes('--packages')) return yield* packages()
  const only = process.argv.find(argument => argument.startsWith('--rows='))?.slice(7)
  const sizes = only ? [Number(only)] : quick ? [10_000, 50_000] : [10_000, 200_000, 1_000_000]
  for (const rows of sizes) {
    const table = tables.make({ task: 'binary', classes: 2, rows, features: rows === 10_000 ? 20 : 28 })
    const bound = rows >= 200_000 ? 0.6 : 0.8
    yield { table, algorithm: gbtLeafwise, params: { ...leafwise, num_iterations: rounds }, peer: 'lightgbm', peerParams: { ...lightgbm, rounds }, bound } // prettier-ignore
    yield { table, algorithm: gbtDepthwise, params: { ...depthwise, num_round: rounds }, peer: 'xgboost', peerParams: { ...xgboost, rounds }, bound } // prettier-ignore
  }
  if (only) return
  yield* forests()
  yield* digits()
  yield* packages()
  const image = tables.make({ task: 'multiclass', classes: 10, rows: quick ? 5000 : 60_000, features: 784, zeros: 0.8 }) // prettier-ignore
  yield { table: image, algorithm: gbtLeafwise, params: { ...leafwise, num_iterations: 10 }, peer: 'lightgbm', peerParams: { ...lightgbm, rounds: 10 }, bound: 0.8 } // prettier-ignore
}

function* forests(): Generator<Match> {
  for (const classes of [0, 2, 5, 10]) {
    const task = classes === 0 ? 'regression' : classes === 2 ? 'binary' : 'multiclass'
    const table = tables.make({ task, classes, rows: quick ? 5000 : 50_000, features: 20 })
    const params = { num_trees: 50, max_features: 'sqrt', min_samples_leaf: 1, max_depth: 40 }
    const peerParams = { n_estimators: 50, max_features: 'sqrt' }
    yield { table, algorithm: randomForest, params, peer: 'sklearn:RandomForest', peerParams, bound: 1 }
    yield { table, algorithm: extraTrees, params, peer: 'sklearn:ExtraTrees', peerParams, bound: 1 }
  }
}

/** The packages of npm for trees, up to where they stop being usable: one tree, and a forest of as many. */
function* packages(): Generator<Match> {
  for (const rows of quick ? [250, 500] : [250, 1000, 2000, 5000]) {
    const table = tables.make({ task: 'binary', classes: 2, rows, features: 10 })
    const forest = { num_trees: 10, max_depth: 10 }
    const one = { max_features: 'all', min_samples_leaf: 10, max_depth: 8, num_trees: 1 }
    const tree = { max_depth: 8, min_samples: 10, gain_threshold: 1e-6, smoothing: 1 }
    const like = { ...forest, max_features: 0.7, min_samples: 4, smoothing: 2 }
    yield { table, algorithm: randomForest, params: one, peer: 'ml-cart', rival: cart, peerParams: tree, bound: 1 } // prettier-ignore
    if (rows > 2000) continue
    yield { table, algorithm: randomForest, params: { ...forest, max_features: 'two-thirds', min_samples_leaf: 2 }, peer: 'ml-random-forest', rival: mlRandomForest, peerParams: like, bound: 1 } // prettier-ignore
  }
}

/** Real digits: a tree per class with equal parameters; sharing rows and columns; and one tree a round, until the loss is the peer's. */
function* digits(): Generator<Match> {
  const table = tables.mnist(quick ? 10_000 : 60_000)
  if (!table) return note('no MNIST in GLASSPILOT_DATASETS: only made-up digits are measured')
  const peerParams = { ...lightgbm, rounds: 20 }
  const equal = { ...leafwise, num_iterations: 20, multi_strategy: 'one-per-class' }
  const sharing = { ...equal, data_sample_strategy: 'mvs', bagging_fraction: 0.3, feature_fraction: 0.3 }
  yield { table, algorithm: gbtLeafwise, params: equal, peer: 'lightgbm', peerParams, bound: 0.6 }
  const shared = { ...table, name: `${table.name}, sharing` }
  yield { table: shared, algorithm: gbtLeafwise, params: sharing, peer: 'lightgbm', peerParams, bound: 0.6 }
  const together = { ...equal, multi_strategy: 'vector-leaf' }
  const one = { ...table, name: `${table.name}, one tree a round, as many rounds` }
  yield { table: one, algorithm: gbtLeafwise, params: together, peer: 'lightgbm', peerParams, bound: 0.6 }
  const until = { ...table, name: `${table.name}, one tree a round, to the same loss` }
  yield { table: until, algorithm: gbtLeafwise, params: { ...together, num_iterations: 150 }, peer: 'lightgbm', peerParams, bound: 0.6, untilEqual: true } // prettier-ignore
}

async function ours({ table, algorithm, params }: Match): Promise<RunResult> {
  const context = { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1, spareThreads: threads - 1 } // prettier-ignore
  const start = clockSeconds()
  const model = await algorithm.fit(table.train, params, context)
  const fitted = clockSeconds()
  const outputs = await predictModel(model, table.test.features)
  const predicted = clockSeconds()
  const { target } = table.test
  const width = outputs.length / target.length
  let loss = 0
  for (let row = 0; row < target.length; row++) {
    const output = outputs[row * width + (width === 1 ? 0 : target[row]!)]!
    loss += (width === 1 ? (output - target[row]!) ** 2 : -Math.log(Math.max(1e-15, output))) / target.length
  }
  return { sink: loss, seconds: fitted - start, quality: { loss, predict: predicted - fitted } }
}

/** Processor time of this process where one thread is measured: the clock on the wall measures the neighbours too. */
function clockSeconds(): number {
  if (threads > 1) return performance.now() / 1000
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Fits on until the loss on the test rows is down to the peer's; seconds include looking at it after every round. */
async function oursUntil({ table, algorithm, params }: Match, goal: number): Promise<RunResult> {
  const start = clockSeconds()
  let seconds = NaN
  let reached = NaN
  let rounds = NaN
  const report = (round: number, loss: number) => {
    if (loss > goal || Number.isFinite(seconds)) return
    seconds = clockSeconds() - start
    reached = loss
    rounds = round
  }
  const context = { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1, report }
  await algorithm.fit({ ...table.train, validation: table.test }, params, context)
  return { sink: reached, seconds, quality: { loss: reached, rounds } }
}

async function theirs({ table, peer, peerParams }: Match): Promise<RunResult> {
  const { task, classes } = table.train
  const answer = await python!.ask({
    peer,
    ...table.files,
    features: table.train.features.columns.length,
    task,
    classes,
    params: peerParams,
    threads,
  })
  const { binning, fit, predict, loss } = answer
  return { sink: loss, seconds: binning + fit, quality: { loss, predict, boosting: fit } }
}

const ratios: Ratio[] = []
try {
  for (const match of matches()) {
    const name = `${match.algorithm.name} / ${match.peer}, ${match.table.name}`
    const { rival } = match
    const present = rival !== undefined || Object.hasOwn(versions, match.peer.split(':')[0]!)
    if (!present) note(`${match.peer} cannot be imported by ${pythonPath()}: ${name} is measured alone`)
    note(`${name}, load ${loadavg()[0]!.toFixed(1)}`)
    let goal = Infinity
    const peer: Contender = {
      name: match.peer,
      async run() {
        const answer = await (rival
          ? ours({ ...match, algorithm: rival, params: match.peerParams as Params })
          : theirs(match))
        goal = answer.quality!['loss']!
        return answer
      },
    }
    const own: Contender = {
      name: match.algorithm.name,
      run: () => (match.untilEqual ? oursUntil(match, goal) : ours(match)),
    }
    const contenders = present ? [peer, own] : match.untilEqual ? [] : [own]
    const { rows, columns } = match.table.train.features
    const large = rows * columns.length > 2e7
    const measured = await interleave(contenders, { runs: large && quick ? 1 : 3, warmUp: large ? 0 : 1 })
    for (const measurement of measured) note(measurementLine(measurement))
    const [other, mine] = measured
    if (!other || !mine) continue
    ratios.push(ratio(`fit, ${name}`, mine.seconds, other.seconds, match.bound))
    ratios.push(ratio(`loss, ${name}`, mine.quality['loss']!, other.quality['loss']!, 1.01))
    if (match.untilEqual) continue
    ratios.push(ratio(`predict, ${name}`, mine.quality['predict']!, other.quality['predict']!, 1))
  }
} finally {
  python?.close()
  tables.dispose()
}
finish(ratios, versions, json)

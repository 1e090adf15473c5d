import type { Algorithm } from '../src/algorithms/algorithm.ts'
import { extraTrees } from '../src/algorithms/extra-trees.ts'
import { gbtDepthwise } from '../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../src/algorithms/gbt-leafwise.ts'
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
}

interface PeerAnswer {
  readonly binning: number
  readonly fit: number
  readonly predict: number
  readonly loss: number
}

const { quick, json } = benchOptions()
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
  const only = process.argv.find(argument => argument.startsWith('--rows='))?.slice(7)
  const sizes = only ? [Number(only)] : quick ? [10_000, 50_000] : [10_000, 200_000, 1_000_000]
  for (const rows of sizes) {
    const table = tables.make({ task: 'binary', classes: 2, rows, features: rows === 10_000 ? 20 : 28 })
    const bound = rows >= 200_000 ? 0.6 : 0.8
    yield { table, algorithm: gbtLeafwise, params: { ...leafwise, num_iterations: rounds }, peer: 'lightgbm', peerParams: { ...lightgbm, rounds }, bound } // prettier-ignore
    yield { table, algorithm: gbtDepthwise, params: { ...depthwise, num_round: rounds }, peer: 'xgboost', peerParams: { ...xgboost, rounds }, bound } // prettier-ignore
  }
  if (only) return
  for (const classes of [2, 5]) {
    const task = classes === 2 ? 'binary' : 'multiclass'
    const table = tables.make({ task, classes, rows: quick ? 5000 : 50_000, features: 20 })
    const params = { num_trees: 50, max_features: 'sqrt', min_samples_leaf: 1, max_depth: 40 }
    const peerParams = { n_estimators: 50, max_features: 'sqrt' }
    yield { table, algorithm: randomForest, params, peer: 'sklearn:RandomForest', peerParams, bound: 1 }
    yield { table, algorithm: extraTrees, params, peer: 'sklearn:ExtraTrees', peerParams, bound: 1 }
  }
  yield* digits()
  const image = tables.make({ task: 'multiclass', classes: 10, rows: quick ? 5000 : 60_000, features: 784, zeros: 0.8 }) // prettier-ignore
  yield { table: image, algorithm: gbtLeafwise, params: { ...leafwise, num_iterations: 10 }, peer: 'lightgbm', peerParams: { ...lightgbm, rounds: 10 }, bound: 0.8 } // prettier-ignore
}

/** Real digits: with equal parameters, then with our sharing of rows and columns, which is to reach the same loss. */
function* digits(): Generator<Match> {
  const table = tables.mnist(quick ? 10_000 : 60_000)
  if (!table) return note('no MNIST in GLASSPILOT_DATASETS: only made-up digits are measured')
  const peerParams = { ...lightgbm, rounds: 20 }
  const equal = { ...leafwise, num_iterations: 20 }
  const sharing = { ...equal, data_sample_strategy: 'mvs', bagging_fraction: 0.3, feature_fraction: 0.3 }
  yield { table, algorithm: gbtLeafwise, params: equal, peer: 'lightgbm', peerParams, bound: 0.6 }
  const shared = { ...table, name: `${table.name}, sharing` }
  yield { table: shared, algorithm: gbtLeafwise, params: sharing, peer: 'lightgbm', peerParams, bound: 0.6 }
}

async function ours({ table, algorithm, params }: Match): Promise<RunResult> {
  const context = { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1 }
  const start = performance.now()
  const model = await algorithm.fit(table.train, params, context)
  const fitted = performance.now()
  const outputs = await predictModel(model, table.test.features)
  const predicted = performance.now()
  const { target } = table.test
  const width = outputs.length / target.length
  let loss = 0
  for (let row = 0; row < target.length; row++) {
    const output = outputs[row * width + (width === 1 ? 0 : target[row]!)]!
    loss += (width === 1 ? (output - target[row]!) ** 2 : -Math.log(Math.max(1e-15, output))) / target.length
  }
  const predict = (predicted - fitted) / 1000
  return { sink: loss, seconds: (fitted - start) / 1000, quality: { loss, predict } }
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
  })
  const { binning, fit, predict, loss } = answer
  return { sink: loss, seconds: binning + fit, quality: { loss, predict, boosting: fit } }
}

const ratios: Ratio[] = []
try {
  for (const match of matches()) {
    const name = `${match.algorithm.name} / ${match.peer}, ${match.table.name}`
    const present = Object.hasOwn(versions, match.peer.split(':')[0]!)
    if (!present) note(`${match.peer} cannot be imported by ${pythonPath()}: ${name} is measured alone`)
    const contenders: Contender[] = [{ name: match.algorithm.name, run: () => ours(match) }]
    if (present) contenders.push({ name: match.peer, run: () => theirs(match) })
    note(name)
    const measured = await interleave(contenders, { runs: 3, warmUp: match.table.train.features.rows <= 200_000 ? 1 : 0 }) // prettier-ignore
    for (const measurement of measured) note(measurementLine(measurement))
    const [mine, peer] = measured
    if (!peer) continue
    ratios.push(ratio(`fit, ${name}`, mine!.seconds, peer.seconds, match.bound))
    ratios.push(ratio(`predict, ${name}`, mine!.quality['predict']!, peer.quality['predict']!, 1))
    ratios.push(ratio(`loss, ${name}`, mine!.quality['loss']!, peer.quality['loss']!, 1.01))
  }
} finally {
  python?.close()
  tables.dispose()
}
finish(ratios, versions, json)

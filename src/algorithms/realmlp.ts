import type { Layer, Parameter } from '../onnx/layers.ts'
import { joinedWidth, parametersOf, type Network } from '../onnx/network.ts'
import { dense } from '../neural/build.ts'
import { waves } from '../neural/build-numbers.ts'
import type { Pace } from '../neural/adamw.ts'
import { flatCosine } from '../neural/schedule.ts'
import { settle } from '../neural/settle.ts'
import { choice, float, int, logFloat, type Params } from '../params/space.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'
import { sortColumns } from './neural/columns.ts'
import { fitNetwork } from './neural/fit.ts'
import { robustScales } from './neural/prepare.ts'

const space = {
  layers: choice(['256,256,256', '128,128', '384,384', '512']),
  learning_rate: logFloat(5e-3, 0.4, 0.05),
  weight_decay: logFloat(1e-3, 0.2, 0.02),
  dropout_prob: float(0, 0.5, 0.15),
  label_smoothing: float(0, 0.2, 0.1),
  wave_spread: logFloat(0.03, 5, 0.1),
}

const settings = {
  /** 0: by the number of rows. */
  epochs: int(0, 1000, 0),
}

const SQUASH = 3
const ONE_HOT_UP_TO = 9
const CATEGORY_WIDTH = 8
const WAVES = 16
const WAVE_WIDTH = 3
const BETA2 = 0.95
/** Regression takes larger steps: its loss is flatter than cross-entropy. */
const REGRESSION_RATE = 4

const epochsFor = (rows: number, asked: number) =>
  asked || Math.round(Math.min(160, Math.max(16, 4000 / Math.sqrt(rows))))
const batchFor = (rows: number) =>
  Math.max(1, Math.min(256, rows, Math.max(16, 2 ** Math.floor(Math.log2(rows / 8)))))
const hiddenOf = (params: Params): number[] =>
  String(params['layers'] ?? '256,256,256')
    .split(',')
    .map(Number)
const epochsOf = (params: Params) => Number(params['epochs'] ?? settings.epochs.default)

/**
 * RealMLP (Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default"): robust scales, softly clipped; periodic vectors of
 * numbers; a learnt factor per column; activations with a learnt share; four waves of the learning rate.
 */
export const realmlp: Algorithm = {
  name: 'realmlp',
  autopilotName: 'nn-torch',
  summary:
    'Neural net with the strongest known defaults for tables: numbers as waves, learnt scales and activations, best epoch kept.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'neural',
  requires: ['no-missing', 'category-codes'],
  space,
  settings,
  indivisible: true,
  takesSteps: true,
  expectedSeconds({ rows, features, classes }, params) {
    const widths = [features * (WAVE_WIDTH + 1), ...hiddenOf(params), Math.max(1, classes)]
    let products = 0
    for (let i = 1; i < widths.length; i++) products += widths[i - 1]! * widths[i]!
    const batch = batchFor(rows)
    const steps = (epochsFor(rows, epochsOf(params)) * rows) / batch
    return 0.2 + steps * (2e-4 + products * (batch * 1.1e-10 + 5e-9) + features * WAVES * batch * 1.2e-8)
  },
  unfit: ({ features }) =>
    features === 0 ? 'there are no features: a net has nothing to multiply' : undefined,
  async fit(data, params, context) {
    const net = await initialNet(data, params, createRng(hashSeed(context.seed, 'weights')))
    const regression = data.task === 'regression'
    return fitNetwork(
      net,
      data,
      {
        epochs: rows => epochsFor(rows, epochsOf(params)),
        batch: batchFor,
        learningRate: Number(params['learning_rate']) * (regression ? REGRESSION_RATE : 1),
        weightDecay: Number(params['weight_decay']),
        schedule: 'coslog4',
        smoothing: Number(params['label_smoothing']),
        beta2: BETA2,
        patience: 1,
        paces: parametersOf(net).map(paceOf),
        fade: flatCosine,
      },
      context,
    )
  },
}

/** Weights in the neural tangent parametrisation: a step is as much smaller as the sum it goes into is long. */
function paceOf({ role, dims }: Parameter): Pace {
  switch (role) {
    case 'weights':
      return { rate: 1 / Math.sqrt(dims[0]!), decay: 1 }
    case 'biases':
      return { rate: 0.1, decay: 0 }
    case 'scale':
      return { rate: 6, decay: 6 }
    case 'slope':
    case 'embedding':
      return { rate: 0.1, decay: 0.1 }
    case 'table':
    case 'adapter':
      return { rate: 1, decay: 1 }
    case 'statistics':
      return { rate: 0, decay: 0 }
  }
}

function initialNet({ features, classes, task }: TrainingData, params: Params, rng: Rng): Promise<Network> {
  const { embedded, ...columns } = sortColumns(features, {
    oneHotUpTo: ONE_HOT_UP_TO,
    width: CATEGORY_WIDTH,
    rng,
  })
  const entry: Network = {
    ...columns,
    ...robustScales(features, columns.numeric),
    squash: SQUASH,
    layers: [],
  }
  const inputs = joinedWidth(entry)
  const layers: Layer[] = []
  if (embedded > 0)
    layers.push(
      waves({
        features: embedded,
        rest: inputs - embedded,
        count: WAVES,
        width: WAVE_WIDTH,
        spread: Number(params['wave_spread']),
        rng,
      }),
    )
  let width = inputs + embedded * WAVE_WIDTH
  layers.push({ kind: 'scale', factors: new Float32Array(width).fill(1) })
  const rate = Number(params['dropout_prob'])
  for (const next of hiddenOf(params)) {
    const slopes = new Float32Array(next).fill(1)
    layers.push(dense(width, next, 1, rng))
    layers.push({ kind: 'parametric', name: task === 'regression' ? 'mish' : 'selu', slopes })
    if (rate > 0) layers.push({ kind: 'dropout', rate })
    width = next
  }
  layers.push(dense(width, Math.max(1, classes), 1, rng))
  return settle({ ...entry, layers }, features, rng)
}

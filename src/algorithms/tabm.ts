import type { Layer } from '../onnx/layers.ts'
import { joinedWidth, type Network } from '../onnx/network.ts'
import { dense } from '../neural/build.ts'
import { pieces } from '../neural/build-numbers.ts'
import { choice, float, int, logFloat, logInt, type Params } from '../params/space.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'
import { enteredValues, sortColumns } from './neural/columns.ts'
import { fitNetwork } from './neural/fit.ts'
import { standardScales } from './neural/prepare.ts'

const space = {
  members: choice([8, 16, 32, 4]),
  width: choice([128, 192, 256, 384]),
  blocks: int(1, 4, 2),
  learning_rate: logFloat(3e-4, 2e-2, 4e-3),
  weight_decay: logFloat(1e-5, 0.5, 0.03),
  dropout_prob: float(0, 0.5, 0.1),
  mini_batch_size: logInt(32, 512, 256),
  bins: int(2, 48, 16),
  embedding_width: choice([8, 4, 16]),
}

const settings = {
  /** 0: by the number of rows. */
  epochs: int(0, 1000, 0),
  kind: choice(['mini', 'full']),
}

const SQUASH = 5 // deviations beyond which a feature is softly clipped
const INIT_GAIN = 1 / Math.sqrt(3)
const ONE_HOT_UP_TO = 16
const CATEGORY_WIDTH = 8

/** Epochs that a table of this size gets: few rows need many. */
const epochsFor = (rows: number, asked: number) =>
  asked || Math.round(Math.min(120, Math.max(8, 2500 / Math.sqrt(rows))))
const batchFor = (rows: number, asked: number) =>
  Math.max(1, Math.min(asked, rows, Math.max(16, 2 ** Math.floor(Math.log2(rows / 16)))))

const setting = (params: Params, name: keyof typeof settings) => params[name] ?? settings[name].default

/**
 * TabM (Gorishniy, Kotelnikov & Babenko 2025): many nets in one that share their dense layers and differ in factors and heads,
 * over piecewise-linear vectors of numbers. Each member learns for itself; the answer is their mean.
 */
export const tabm: Algorithm = {
  name: 'tabm',
  autopilotName: 'nn-torch',
  summary:
    'Many neural nets in one that share their layers, with bent vectors for numbers; steadier than a single net of that size.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'neural',
  requires: ['no-missing', 'category-codes'],
  space,
  settings,
  indivisible: true,
  takesSteps: true,
  expectedSeconds({ rows, features, classes }, params) {
    const width = Number(params['width'] ?? 128)
    const inputs = features * Number(params['embedding_width'] ?? 8)
    const inner = (Number(params['blocks'] ?? 2) - 1) * width * width
    const products = inputs * width + inner + width * Math.max(1, classes)
    const members = Number(params['members'] ?? 8)
    const epochs = epochsFor(rows, Number(setting(params, 'epochs')))
    return 0.1 + epochs * rows * members * (products * 9e-11 + width * 3e-8)
  },
  unfit: ({ features }) =>
    features === 0 ? 'there are no features: a net has nothing to multiply' : undefined,
  fit: (data, params, context) =>
    fitNetwork(
      initialNet(data, params, createRng(hashSeed(context.seed, 'weights'))),
      data,
      {
        epochs: rows => epochsFor(rows, Number(setting(params, 'epochs'))),
        batch: rows => batchFor(rows, Number(params['mini_batch_size'])),
        learningRate: Number(params['learning_rate']),
        weightDecay: Number(params['weight_decay']),
      },
      context,
    ),
}

function initialNet({ features, classes }: TrainingData, params: Params, rng: Rng): Network {
  const { embedded, ...columns } = sortColumns(features, {
    oneHotUpTo: ONE_HOT_UP_TO,
    width: CATEGORY_WIDTH,
    rng,
  })
  const entry: Network = {
    ...columns,
    ...standardScales(features, columns.numeric),
    squash: SQUASH,
    layers: [],
  }
  const rest = joinedWidth(entry) - embedded
  const width = Number(params['embedding_width'])
  const numbers: Layer[] =
    embedded === 0
      ? []
      : [pieces(enteredValues(features, entry, embedded), { rest, bins: Number(params['bins']), width, rng })]
  // Columns that belong together start with one factor per member.
  const groups = [
    ...new Array<number>(embedded).fill(width),
    ...new Array<number>(columns.numeric.length - embedded).fill(1),
    ...columns.oneHots.map(({ categories }) => categories),
    ...columns.embeddings.map(embedding => embedding.width),
  ]
  const outputs = Math.max(1, classes)
  return { ...entry, layers: [...numbers, ...memberLayers(groups, outputs, params, rng)] }
}

function memberLayers(groups: readonly number[], outputs: number, params: Params, rng: Rng): Layer[] {
  const members = Number(params['members'] ?? 8)
  const full = setting(params, 'kind') === 'full'
  const width = Number(params['width'])
  const rate = Number(params['dropout_prob'])
  const factors = Array.from({ length: members }, () =>
    groups.flatMap(size => new Array<number>(size).fill(rng.normal())),
  ).flat()
  const inputs = factors.length / members
  const layers: Layer[] = [{ kind: 'members', members, width: inputs, factors: Float32Array.from(factors) }]
  const ones = () => new Float32Array(members * width).fill(1)
  for (let block = 0; block < Number(params['blocks']); block++) {
    if (full && block > 0) layers.push({ kind: 'member-scale', members, width, factors: ones() })
    layers.push(dense(block === 0 ? inputs : width, width, INIT_GAIN, rng))
    if (full)
      layers.push(
        { kind: 'member-scale', members, width, factors: ones() },
        { kind: 'member-shift', members, width, biases: new Float32Array(members * width) },
      )
    layers.push({ kind: 'activation', name: 'relu' })
    if (rate > 0) layers.push({ kind: 'dropout', rate })
  }
  const bound = INIT_GAIN / Math.sqrt(width)
  const weights = Float32Array.from({ length: members * width * outputs }, () => bound * rng.normal())
  return [
    ...layers,
    {
      kind: 'member-heads',
      members,
      inputs: width,
      outputs,
      weights,
      biases: new Float32Array(members * outputs),
    },
    { kind: 'member-mean', members, outputs, of: outputs > 1 ? 'probabilities' : 'values' },
  ]
}

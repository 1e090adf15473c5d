import { dense, denseStack, embedding } from '../neural/build.ts'
import type { ActivationName } from '../onnx/activations.ts'
import type { Layer } from '../onnx/layers.ts'
import { joinedWidth, type Network } from '../onnx/network.ts'
import { choice, float, int, logFloat, logInt, type Params } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'
import { balancedWeights } from './class-weights.ts'
import { fitNetwork, type FitSettings } from './neural/fit.ts'
import { pixelScales, standardScales } from './neural/prepare.ts'

const space = {
  layers: choice(['256,128', '256', '50,25', '100,50', '200,100', '300,150', '200,100,50', '512,256']),
  learning_rate: logFloat(1e-5, 3e-2, 4e-3),
  weight_decay: logFloat(1e-6, 1, 0.2),
  dropout_prob: float(0, 0.5, 0.2),
  mini_batch_size: logInt(32, 512, 128),
  embedding_size_factor: float(0.5, 1, 0.8),
  network_type: choice(['feedforward', 'widedeep']),
  activation: choice(['relu', 'silu']),
}

const MAX_SIDE = 512
const settings = {
  class_weight: choice(['none', 'balanced']),
  batch_norm: choice(['no', 'yes']),
  /** Parameter of the beta distribution that blends of two rows are drawn from (Zhang et al. 2018); 0 for none. */
  mixup: float(0, 1, 0),
  /** Where the columns are pixels, row by row: the size of the picture, and how far it is moved and bent while training. */
  height: int(0, MAX_SIDE, 0),
  width: int(0, MAX_SIDE, 0),
  channels: int(1, 4, 1),
  shift: int(0, 4, 1),
  bend: float(0, 1, 0.7),
}

const SQUASH = 3 // deviations beyond which a feature is softly clipped
const MAX_EMBEDDING = 100

/** Epochs that a table of this size gets: few rows need many. */
const epochsFor = (rows: number) => Math.round(Math.min(200, Math.max(15, 6000 / Math.sqrt(rows))))

/** Rows per step: as asked, but at least eight steps per epoch of a small table. */
const batchFor = (rows: number, asked: number) =>
  Math.max(1, Math.min(asked, rows, Math.max(16, 2 ** Math.floor(Math.log2(rows / 8)))))

/** How pictures are bent; nothing where the features are not known to be one. */
function warpsOf({ features }: Pick<TrainingData, 'features'>, params: Params): Pick<FitSettings, 'warps'> {
  const given = (name: keyof typeof settings) => Number(params[name] ?? settings[name].default)
  const [height, width, channels] = [given('height'), given('width'), given('channels')]
  if (height * width === 0 || height * width * channels !== features.columns.length) return {}
  const [reach, bend] = [given('shift'), given('bend')]
  return reach + bend > 0 ? { warps: { channels, height, width, reach, bend } } : {}
}

const hiddenOf = (params: Params): number[] => String(params['layers']).split(',').map(Number)

/**
 * A multilayer perceptron: scaled and softly clipped numbers beside learnt vectors for categories, then dense layers with
 * dropout, trained by AdamW along half a cosine. Stops on rows it does not learn from and keeps its best weights.
 */
export const mlp: Algorithm = {
  name: 'mlp',
  autopilotName: 'mlp',
  summary:
    'Neural net of dense layers with embedded categories; smooth functions and interactions of many numeric columns.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'neural',
  requires: ['no-missing', 'standardized', 'category-codes'],
  space,
  settings,
  takesSteps: true,
  expectedSeconds({ rows, features, classes }, params) {
    const widths = [features, ...hiddenOf(params), Math.max(1, classes)]
    let products = 0
    for (let i = 1; i < widths.length; i++) products += widths[i - 1]! * widths[i]!
    const batch = batchFor(rows, Number(params['mini_batch_size']))
    const steps = (epochsFor(rows) * rows) / batch
    return 0.05 + steps * (6e-5 + products * (batch * 7.5e-11 + 4e-9))
  },
  unfit: ({ features }) =>
    features === 0 ? 'there are no features: a net has nothing to multiply' : undefined,
  fit(given, params, context) {
    const data = params['class_weight'] === 'balanced' ? balancedWeights(given) : given
    return fitNetwork(
      initialNet(data, params, context.seed),
      data,
      {
        epochs: epochsFor,
        batch: rows => batchFor(rows, Number(params['mini_batch_size'])),
        learningRate: Number(params['learning_rate']),
        weightDecay: Number(params['weight_decay']),
        mixup: Number(params['mixup'] ?? settings.mixup.default),
        ...warpsOf(data, params),
      },
      context,
    )
  },
}

function initialNet({ features, classes }: TrainingData, params: Params, seed: number): Network {
  const rng = createRng(hashSeed(seed, 'weights'))
  const columns = [...features.columns.entries()]
  const categoriesOf = (j: number) => {
    const column = features.columns[j]!
    return column.kind === 'dense' ? (column.categories ?? 0) : 0
  }
  const numeric = Int32Array.from(columns.filter(([j]) => categoriesOf(j) === 0).map(([j]) => j))
  const embeddings = columns
    .filter(([j]) => categoriesOf(j) > 0)
    .map(([j]) => {
      const count = categoriesOf(j)
      return embedding(j, count, embeddingWidth(count, Number(params['embedding_size_factor'])), rng)
    })
  const entry = warpsOf({ features }, params).warps
    ? { numeric, ...pixelScales(features), squash: 0, embeddings, layers: [] }
    : { numeric, ...standardScales(features, numeric), squash: SQUASH, embeddings, layers: [] }
  const inputs = joinedWidth(entry)
  const outputs = Math.max(1, classes)
  const deep = denseStack({
    inputs,
    hidden: hiddenOf(params),
    outputs,
    activation: params['activation'] as ActivationName,
    dropout: Number(params['dropout_prob']),
    normalized: params['batch_norm'] === 'yes',
    rng,
  })
  const layers: Layer[] =
    params['network_type'] === 'widedeep'
      ? [{ kind: 'sum', branches: [deep, [dense(inputs, outputs, 0.1, rng)]] }]
      : deep
  return { ...entry, layers }
}

/** AutoGluon's rule 1.6 n^0.56, times the factor. */
const embeddingWidth = (categories: number, factor: number) =>
  Math.max(2, Math.min(MAX_EMBEDDING, Math.round(factor * 1.6 * categories ** 0.56)))

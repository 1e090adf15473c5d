import { conv, dense } from '../neural/build.ts'
import type { Layer } from '../onnx/layers.ts'
import type { Network } from '../onnx/network.ts'
import { choice, float, int, logFloat, logInt, type Params } from '../params/space.ts'
import { TrialError } from '../util/errors.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'
import { fitNetwork } from './neural/fit.ts'
import { pixelScales } from './neural/prepare.ts'

const MAX_SIDE = 512
const WARP_SECONDS = 2.8e-8 // per pixel
const MIN_SIDE = 8 // two poolings leave 2 × 2

const space = {
  height: int(0, MAX_SIDE, 0),
  width: int(0, MAX_SIDE, 0),
  channels: int(1, 4, 1),
  filters: choice([16, 8, 32]),
  hidden: choice([128, 64, 256]),
  learning_rate: logFloat(5e-4, 8e-3, 2e-3),
  weight_decay: logFloat(1e-4, 1, 0.05),
  dropout_prob: float(0.1, 0.6, 0.3),
  mini_batch_size: logInt(64, 256, 128),
  shift: int(0, 2, 1),
  bend: float(0, 1, 0.7),
}

/** Of all images together, from which on trainings of larger nets are cut short in most budgets. */
const MANY_PIXELS = 2e7
const LARGE = { filters: choice([16, 12, 20]), bend: float(0.4, 1, 0.7) }

interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}
const shapeOf = (params: Params): ImageShape => ({
  channels: Number(params['channels'] ?? 1),
  height: Number(params['height'] ?? 0),
  width: Number(params['width'] ?? 0),
})

const epochsFor = (rows: number) => Math.round(Math.min(60, Math.max(6, 2600 / Math.sqrt(rows))))
const batchFor = (rows: number, asked: number) =>
  Math.max(1, Math.min(asked, rows, Math.max(16, 2 ** Math.floor(Math.log2(rows / 8)))))
const evenTwice = (size: number) => Math.ceil(size / 4) * 4

/**
 * A small convolutional net for columns that are the pixels of an image, plane by plane and row by row: twice a 3 × 3
 * convolution, pooling and relu, then a hidden dense layer with dropout. While it trains, each image is moved by up to
 * `shift` pixels and bent a little, differently each time. `height` and `width` have to be given: a table does not say that it is made of images.
 */
export const cnn: Algorithm = {
  name: 'cnn',
  summary:
    'Small convolutional net for columns that are the pixels of an image; far better there than any net of plain columns.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'image',
  requires: ['no-missing'],
  space,
  spaceFor: ({ rows, features }) => (rows * features > MANY_PIXELS ? { ...space, ...LARGE } : space),
  takesSteps: true,
  expectedSeconds({ rows, features }, params) {
    const filters = Number(params['filters'] ?? 16)
    const hidden = Number(params['hidden'] ?? 128)
    // Multiplications per row: both convolutions, and the dense layer on a sixteenth of the pixels.
    const products = features * filters * (9 + (9 * 2 * filters) / 4 + (2 * hidden) / 16)
    return 0.1 + epochsFor(rows) * rows * (products * 1.1e-10 + features * (filters * 4e-9 + WARP_SECONDS))
  },
  unfit({ features }, params = {}) {
    const { channels, height, width } = shapeOf(params)
    if (height === 0 || width === 0) return 'the columns are not known to be the pixels of an image'
    if (height < MIN_SIDE || width < MIN_SIDE)
      return `images of ${height} × ${width} are smaller than ${MIN_SIDE} × ${MIN_SIDE}`
    if (channels * height * width === features) return undefined
    return `${features} features are not the pixels of ${channels} × ${height} × ${width} images`
  },
  async fit(data, params, context) {
    const image = shapeOf(params)
    const { classes, task } = data
    const width = data.features.columns.length
    const reason = cnn.unfit!({ task, classes, rows: data.features.rows, features: width }, params)
    if (reason) throw new TrialError('E_NOT_IMAGES', `a convolutional net was given ${width} features: ${reason}; leave this algorithm out or correct height, width and channels`) // prettier-ignore
    const [reach, bend] = [Number(params['shift']), Number(params['bend'])]
    return fitNetwork(
      initialNet(data, image, params, context.seed),
      data,
      {
        epochs: epochsFor,
        batch: rows => batchFor(rows, Number(params['mini_batch_size'])),
        learningRate: Number(params['learning_rate']),
        weightDecay: Number(params['weight_decay']),
        optimization: 'extended',
        ...(reach + bend > 0 && { warps: { ...image, reach, bend } }),
      },
      context,
    )
  },
}

function initialNet(
  { features, classes }: TrainingData,
  { channels, height, width }: ImageShape,
  params: Params,
  seed: number,
): Network {
  const rng = createRng(hashSeed(seed, 'weights'))
  const filters = Number(params['filters'])
  const hidden = Number(params['hidden'])
  const [tall, wide] = [evenTwice(height), evenTwice(width)]
  const flat = (2 * filters * tall * wide) / 16
  const relu: Layer = { kind: 'activation', name: 'relu' }
  const rate = Number(params['dropout_prob'])
  // Pooling before relu gives the same values for a quarter of the work.
  const layers: Layer[] = [
    { kind: 'image', channels, height, width, padHeight: tall - height, padWidth: wide - width },
    conv(channels, filters, rng),
    { kind: 'max-pool', width: wide },
    relu,
    conv(filters, 2 * filters, rng),
    { kind: 'max-pool', width: wide / 2 },
    relu,
    { kind: 'flatten', width: flat },
    dense(flat, hidden, Math.SQRT2, rng),
    relu,
    ...(rate > 0 ? [{ kind: 'dropout', rate } as const] : []),
    dense(hidden, Math.max(1, classes), 1, rng),
  ]
  return {
    numeric: Int32Array.from(features.columns, (_, j) => j),
    ...pixelScales(features),
    squash: 0,
    embeddings: [],
    layers,
  }
}

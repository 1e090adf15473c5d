import { factorWidth, type Factors } from '../onnx/factor-layer.ts'
import type { Embedding, Network } from '../onnx/network.ts'
import { float, int, logFloat, logInt, type Params } from '../params/space.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import type { Algorithm, TrainingData } from './algorithm.ts'
import { fitNetwork } from './neural/fit.ts'
import { standardScales } from './neural/prepare.ts'

const space = {
  num_factors: logInt(2, 32, 8),
  learning_rate: logFloat(1e-3, 0.1, 0.02),
  weight_decay: logFloat(1e-4, 10, 0.3),
  init_sigma: float(0.001, 0.1, 0.03),
  mini_batch_size: logInt(32, 1024, 256),
  epochs: int(3, 60, 20),
}

const SQUASH = 3 // deviations beyond which a number is softly clipped

/** Rows per step: as asked, but at least eight steps per epoch of a small table. */
const batchFor = (rows: number, asked: number) =>
  Math.max(1, Math.min(asked, rows, Math.max(16, 2 ** Math.floor(Math.log2(rows / 8)))))

/** Small tables take more epochs for as many steps. */
const epochsFor = (rows: number, asked: number) =>
  Math.round(asked * Math.min(3, Math.max(1, Math.sqrt(20_000 / rows))))

/**
 * A factorization machine (Rendle 2010): a linear model, and for every pair of columns the inner product of two short learnt
 * vectors, so that a pair of values says something even if it was never seen together. Cost: O(rows · columns · factors) per
 * epoch, as the sum over pairs is half of a squared sum less a sum of squares.
 */
export const factorizationMachine: Algorithm = {
  name: 'factorization-machine',
  summary:
    'Linear model with a learnt inner product for every pair of columns; good where categories of many values act together.',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'factors',
  requires: ['no-missing', 'standardized', 'category-codes'],
  space,
  takesSteps: true,
  expectedSeconds({ rows, features, classes }, params) {
    const width = Math.max(1, classes) * (Number(params['num_factors']) + 1)
    const batch = batchFor(rows, Number(params['mini_batch_size']))
    const steps = (epochsFor(rows, Number(params['epochs'])) * rows) / batch
    return 0.03 + steps * (5e-5 + batch * (8e-7 + features * (2e-8 + width * 5e-10)))
  },
  unfit: ({ features }) =>
    features < 2 ? 'there are no two features: there is no pair to weigh' : undefined,
  fit(data, params, context) {
    return fitNetwork(
      initialNet(data, params, context.seed),
      data,
      {
        epochs: rows => epochsFor(rows, Number(params['epochs'])),
        batch: rows => batchFor(rows, Number(params['mini_batch_size'])),
        learningRate: Number(params['learning_rate']),
        weightDecay: Number(params['weight_decay']),
      },
      context,
    )
  },
}

function initialNet({ features, classes }: TrainingData, params: Params, seed: number): Network {
  const rng = createRng(hashSeed(seed, 'weights'))
  const shape = { factors: Number(params['num_factors']), outputs: Math.max(1, classes) }
  const sigma = Number(params['init_sigma'])
  const columns = [...features.columns.entries()].map(([feature, column]) => ({
    feature,
    categories: column.kind === 'dense' ? (column.categories ?? 0) : 0,
  }))
  const numeric = Int32Array.from(
    columns.filter(({ categories }) => categories === 0),
    ({ feature }) => feature,
  )
  const embeddings = columns
    .filter(({ categories }) => categories > 0)
    .map(column => categoryVectors(column, shape, sigma, rng))
  const layer: Factors = {
    kind: 'factors',
    inputs: numeric.length,
    categories: embeddings.length,
    ...shape,
    weights: vectors(numeric.length, shape, sigma, rng),
    biases: new Float32Array(shape.outputs),
  }
  return { numeric, ...standardScales(features, numeric), squash: SQUASH, embeddings, layers: [layer] }
}

type Shape = Pick<Factors, 'factors' | 'outputs'>

/** Small random vectors; slopes start at 0. */
function vectors(rows: number, shape: Shape, sigma: number, rng: Rng): Float32Array {
  const period = shape.factors + 1
  return Float32Array.from({ length: rows * factorWidth(shape) }, (_, i) =>
    i % period === shape.factors ? 0 : sigma * rng.normal(),
  )
}

/** What is unknown or missing weighs nothing at first. */
function categoryVectors(
  { feature, categories }: { readonly feature: number; readonly categories: number },
  shape: Shape,
  sigma: number,
  rng: Rng,
): Embedding {
  const width = factorWidth(shape)
  const table = new Float32Array((categories + 1) * width)
  table.set(vectors(categories, shape, sigma, rng))
  return { feature, categories, width, table }
}

import { toRowMajor, takeFeatures, type Features } from '../data/features.ts'
import { Graph } from '../onnx/graph.ts'
import type { Layer } from '../onnx/layers.ts'
import { emitNetwork, type Network } from '../onnx/network.ts'
import { feed, openSession } from '../onnx/session.ts'
import type { Rng } from '../util/rng.ts'

type Dense = Extract<Layer, { kind: 'dense' }>

const SAMPLE = 256
const CORNERS = 5

/**
 * Starts dense layers where the data are: each output has deviation 1 over a sample of rows, and its bias is minus a random
 * mean of five of its values, so that kinks of activations lie among the rows (Steinwart 2019; RealMLP).
 */
export async function settle(net: Network, features: Features, rng: Rng): Promise<Network> {
  const rows = Int32Array.from({ length: Math.min(SAMPLE, features.rows) }, () => rng.int(features.rows))
  const sample = takeFeatures(features, rows)
  const layers = [...net.layers]
  for (const [i, layer] of layers.entries()) {
    if (layer.kind !== 'dense') continue
    const bare = { ...layer, biases: new Float32Array(layer.outputs) }
    const outputs = await outputsOf({ ...net, layers: [...layers.slice(0, i), bare] }, sample, layer.outputs)
    layers[i] = settled(layer, outputs, rng)
  }
  return { ...net, layers }
}

async function outputsOf(net: Network, sample: Features, width: number): Promise<Float32Array> {
  const graph = new Graph('sample')
  const features = graph.input('features', 'float', ['N', sample.columns.length])
  graph.output('outputs', emitNetwork(graph, net, features), ['N', width])
  const session = await openSession(graph.encode())
  try {
    const dims = [sample.rows, sample.columns.length]
    const { outputs } = await session.run({ features: await feed(toRowMajor(sample), dims) })
    return outputs!.data as Float32Array
  } finally {
    await session.release()
  }
}

function settled(layer: Dense, values: Float32Array, rng: Rng): Dense {
  const { outputs } = layer
  const rows = values.length / outputs
  const weights = layer.weights.slice()
  const biases = new Float32Array(outputs)
  for (let k = 0; k < outputs; k++) {
    let sum = 0
    let squares = 0
    for (let row = 0; row < rows; row++) {
      const value = values[row * outputs + k]!
      sum += value
      squares += value * value
    }
    const factor = 1 / (Math.sqrt(Math.max(0, squares / rows - (sum / rows) ** 2)) || 1)
    for (let at = k; at < weights.length; at += outputs) weights[at]! *= factor
    let [total, mean] = [0, 0]
    for (let corner = 0; corner < CORNERS; corner++) {
      const share = -Math.log(1 - rng.next())
      total += share
      mean += share * values[rng.int(rows) * outputs + k]!
    }
    biases[k] = -(factor * mean) / total
  }
  return { ...layer, weights, biases }
}

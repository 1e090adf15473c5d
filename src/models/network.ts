import { emitNetwork, type Network } from '../onnx/network.ts'
import { predictByGraph } from './by-graph.ts'
import type { ModelData, ModelKind } from './model.ts'

/** A trained feed-forward net. */
export interface NetworkModel extends ModelData {
  readonly kind: 'network'
  readonly features: number
  readonly net: Network
  /** What `outputs · outputScale + outputShift` of the last layer means: logits of the classes, or the value itself. */
  readonly link: 'softmax' | 'identity'
  readonly outputScale: number
  readonly outputShift: number
}

export const network: ModelKind<NetworkModel> = {
  kind: 'network',
  predict: (model, features) => predictByGraph(network, model, features),
  emit({ net, link, outputScale, outputShift }, graph, features) {
    // The last step in float64: probabilities sum to 1 and large targets keep their digits.
    const last = graph.cast(emitNetwork(graph, net, features), 'double')
    const scaled = graph.op('Mul', [last, graph.f64(outputScale)])
    if (link === 'softmax') return graph.op('Softmax', [scaled], { axis: 1 })
    return graph.op('Add', [scaled, graph.f64(outputShift)])
  },
}

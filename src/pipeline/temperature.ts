import { LOG_LOSS_CLIP } from '../metrics/probability.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'

/** Probabilities softened (temperature above 1) or sharpened (below 1): softmax of ln p / temperature. */
export function applyTemperature(outputs: Float64Array, width: number, temperature: number): Float64Array {
  const tempered = new Float64Array(outputs.length)
  for (let at = 0; at < outputs.length; at += width) {
    let top = 0
    for (let k = 0; k < width; k++) top = Math.max(top, outputs[at + k])
    const logTop = Math.log(Math.max(top, LOG_LOSS_CLIP))
    let sum = 0
    for (let k = 0; k < width; k++) {
      const log = Math.log(Math.max(outputs[at + k], LOG_LOSS_CLIP))
      sum += tempered[at + k] = Math.exp((log - logTop) / temperature)
    }
    for (let k = 0; k < width; k++) tempered[at + k] /= sum
  }
  return tempered
}

/** The same as nodes over double `[N, classes]`. */
export function emitTemperature(graph: Graph, probabilities: Tensor, temperature: number): Tensor {
  const logs = graph.op('Log', [graph.op('Max', [probabilities, graph.f64(LOG_LOSS_CLIP)])])
  return graph.op('Softmax', [graph.op('Div', [logs, graph.f64(temperature)])], { axis: 1 })
}

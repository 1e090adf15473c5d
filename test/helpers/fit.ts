import type { FitContext, TrainingData } from '../../src/algorithms/algorithm.ts'
import type { Features } from '../../src/data/features.ts'
import { toRowMajor } from '../../src/data/features.ts'
import { emitModel } from '../../src/models/index.ts'
import type { ModelData } from '../../src/models/model.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { feed, openSession } from '../../src/onnx/session.ts'

export const fitContext = (given: Partial<FitContext> = {}): FitContext => ({
  seed: 1,
  signal: new AbortController().signal,
  deadline: Infinity,
  threads: 1,
  ...given,
})

/** Outputs of a model's ONNX graph for these rows; `others` stand in the same graph before it, with steps shared as in ensembles. */
export async function runOnnx(
  model: ModelData,
  features: Features,
  others: readonly ModelData[] = [],
): Promise<Float64Array> {
  const graph = new Graph('model')
  graph.shareNodes = true
  const width = features.columns.length
  const input = graph.input('features', 'float', ['N', width])
  for (const other of others) emitModel(other, graph, input)
  const output = graph.cast(emitModel(model, graph, input), 'double')
  graph.output('outputs', output, ['N', model.outputs])
  const session = await openSession(graph.encode())
  try {
    const result = await session.run({ features: await feed(toRowMajor(features), [features.rows, width]) })
    return result['outputs']!.data as Float64Array
  } finally {
    await session.release()
  }
}

/** Mean log loss, or mean squared error for regression. */
export function meanLoss(
  outputs: Float64Array,
  { task, target }: Pick<TrainingData, 'task' | 'target'>,
): number {
  const width = outputs.length / target.length
  let sum = 0
  for (let row = 0; row < target.length; row++) {
    sum +=
      task === 'regression'
        ? (outputs[row]! - target[row]!) ** 2
        : -Math.log(Math.max(1e-15, outputs[row * width + target[row]!]!))
  }
  return sum / target.length
}

export const argMax = (outputs: Float64Array, row: number, width: number): number => {
  let best = 0
  for (let k = 1; k < width; k++) if (outputs[row * width + k]! > outputs[row * width + best]!) best = k
  return best
}

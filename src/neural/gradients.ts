import type { Graph, Tensor } from '../onnx/graph.ts'
import { batchMoments, batchNormGradients, drift, type BatchMoments } from './batch-norm.ts'
import { convGradients, poolGradient } from './convolution.ts'
import { emitActivation } from '../onnx/activations.ts'
import type { Factors } from '../onnx/factor-layer.ts'
import type { Pieces, Waves } from '../onnx/number-layers.ts'
import { emitLayer, parameterCount, type Layer } from '../onnx/layers.ts'
import { factorGradients } from './factor-gradients.ts'
import { memberGradients } from './member-gradients.ts'
import { piecesGradients, wavesGradients } from './number-gradients.ts'
import { scalar } from '../onnx/scalar.ts'
import { slope } from './slopes.ts'

/** One executed layer: what went in, what came out, and what its gradient needs. */
interface Played {
  readonly layer: Layer
  readonly input: Tensor
  readonly output: Tensor
  readonly parameters: readonly Tensor[]
  /** Position of its first parameter among all. */
  readonly first: number
  /** Dropout: 0 or 1 / (1 − rate) per value. */
  readonly mask?: Tensor
  /** Batch normalization while training. */
  readonly moments?: BatchMoments
  /** Sum: what each branch did. */
  readonly branches?: readonly (readonly Played[])[]
}

/** What the forward pass of a stack of layers left behind for the backward pass. */
export interface Tape {
  readonly output: Tensor
  readonly played: readonly Played[]
}

/** Where a stack takes its parameters and dropout masks from, in the order of the layers. */
export interface Supply {
  readonly parameters: readonly Tensor[]
  /** Index of the next parameter. */
  next: number
  /** The mask for the next dropout layer; undefined applies none. */
  readonly mask: () => Tensor | undefined
  /** While training: rows of a batch inside the net, by whose moments batch normalization goes. */
  readonly batchRows?: number
  /** Where a training puts what statistics have to be moved by, at their position among the parameters. */
  readonly drifts?: Map<number, Tensor>
}

/** Forward nodes of a stack of layers. */
export function forward(graph: Graph, layers: readonly Layer[], input: Tensor, supply: Supply): Tape {
  const played: Played[] = []
  let value = input
  for (const layer of layers) {
    const step = play(graph, layer, value, supply)
    played.push(step)
    value = step.output
  }
  return { output: value, played }
}

function play(graph: Graph, layer: Layer, input: Tensor, supply: Supply): Played {
  const first = supply.next
  if (layer.kind === 'sum') {
    const tapes = layer.branches.map(branch => forward(graph, branch, input, supply))
    const output = graph.op(
      'Sum',
      tapes.map(tape => tape.output),
    )
    return { layer, input, output, parameters: [], first, branches: tapes.map(tape => tape.played) }
  }
  const parameters = supply.parameters.slice(first, first + parameterCount(layer))
  supply.next += parameters.length
  if (layer.kind === 'dropout') {
    const mask = supply.mask()
    if (!mask) return { layer, input, output: input, parameters, first }
    return { layer, input, output: graph.op('Mul', [input, mask]), parameters, first, mask }
  }
  if (layer.kind === 'batch-norm' && supply.batchRows) {
    const moments = batchMoments(graph, input)
    const [factors, shifts, means, variances] = parameters as [Tensor, Tensor, Tensor, Tensor]
    const rows = supply.batchRows
    supply.drifts?.set(first + 2, drift(graph, means, moments.means, 1))
    supply.drifts?.set(first + 3, drift(graph, variances, moments.variances, rows / Math.max(1, rows - 1)))
    const output = graph.op('Add', [graph.op('Mul', [moments.unit, factors]), shifts])
    return { layer, input, output, parameters, first, moments }
  }
  return { layer, input, output: emitLayer(graph, layer, input, parameters), parameters, first }
}

/**
 * Backward nodes: from d loss / d output to the gradient of every parameter, put into `gradients` at its position. Returns
 * d loss / d input, or undefined when it was not wanted.
 */
export function backward(
  graph: Graph,
  played: readonly Played[],
  outputGradient: Tensor,
  gradients: Tensor[],
  wantsInput: boolean,
): Tensor | undefined {
  let gradient: Tensor | undefined = outputGradient
  for (let i = played.length - 1; i >= 0 && gradient; i--) {
    const step = played[i]!
    const anythingBefore = step.first > played[0]!.first // that is trained
    gradient = unplay(graph, step, gradient, gradients, wantsInput || anythingBefore)
  }
  return gradient
}

function unplay(graph: Graph, step: Played, dy: Tensor, gradients: Tensor[], wantsInput: boolean) {
  const { layer, input, output, parameters, first, mask, moments, branches } = step
  switch (layer.kind) {
    case 'dense':
      gradients[first] = graph.op('Gemm', [input, dy], { transA: 1 })
      gradients[first + 1] = columnSums(graph, dy)
      return wantsInput ? graph.op('Gemm', [dy, parameters[0]!], { transB: 1 }) : undefined
    case 'activation':
      return graph.op('Mul', [dy, slope(graph, layer.name, input, output)])
    case 'conv': {
      const [kernel, biases, image] = convGradients(
        graph,
        layer,
        { input, dy, weights: parameters[0]! },
        wantsInput,
      )
      gradients[first] = kernel
      gradients[first + 1] = biases
      return image
    }
    case 'batch-norm': {
      if (!moments) throw new Error('batch normalization has a gradient while it trains only')
      const made = batchNormGradients(graph, moments, dy, parameters[0]!)
      made.slice(0, 2).forEach((gradient, i) => (gradients[first + i] = gradient))
      for (const i of [2, 3])
        gradients[first + i] = graph.op('Mul', [parameters[i]!, scalar(graph, 0, input)])
      return made[2]
    }
    case 'scale':
      gradients[first] = columnSums(graph, graph.op('Mul', [dy, input]))
      return wantsInput ? graph.op('Mul', [dy, parameters[0]!]) : undefined
    case 'parametric': {
      const full = emitActivation(graph, layer.name, input)
      gradients[first] = columnSums(graph, graph.op('Mul', [dy, graph.op('Sub', [full, input])]))
      if (!wantsInput) return undefined
      const one = scalar(graph, 1, input)
      const bend = graph.op('Sub', [slope(graph, layer.name, input, full), one])
      const factor = graph.op('Add', [graph.op('Mul', [bend, parameters[0]!]), one])
      return graph.op('Mul', [dy, factor])
    }
    case 'factors':
    case 'pieces':
    case 'waves': {
      const passed = { input, dy, parameters }
      const made = entryGradients(graph, layer, passed, wantsInput)
      made.parameters.forEach((gradient, i) => (gradients[first + i] = gradient))
      return made.input
    }
    case 'members':
    case 'member-scale':
    case 'member-shift':
    case 'member-heads':
    case 'member-mean': {
      const made = memberGradients(graph, layer, { input, dy, parameters }, wantsInput)
      made.parameters.forEach((gradient, i) => (gradients[first + i] = gradient))
      return made.input
    }
    case 'max-pool':
      return poolGradient(graph, layer.width, input, output, dy)
    case 'flatten':
      return graph.op('Reshape', [dy, graph.op('Shape', [input], {}, { type: 'int64' })])
    case 'image': // always first, before anything that is trained
      return undefined
    case 'dropout':
      return mask ? graph.op('Mul', [dy, mask]) : dy
    case 'sum': {
      const parts = branches!.map(branch => backward(graph, branch, dy, gradients, wantsInput))
      return wantsInput ? graph.op('Sum', parts) : undefined
    }
  }
}

function entryGradients(
  graph: Graph,
  layer: Factors | Pieces | Waves,
  passed: Parameters<typeof factorGradients>[2],
  wantsInput: boolean,
) {
  if (layer.kind === 'factors') return factorGradients(graph, layer, passed, wantsInput)
  return layer.kind === 'pieces'
    ? piecesGradients(graph, layer, passed, wantsInput)
    : wavesGradients(graph, layer, passed, wantsInput)
}

const columnSums = (graph: Graph, values: Tensor): Tensor =>
  graph.op('ReduceSum', [values, graph.i64(0)], { keepdims: 0 })

import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Layer } from '../onnx/layers.ts'
import { joinedWidth, type Network } from '../onnx/network.ts'

/** Values that a dropout layer masks: `rows` per row of the batch, `width` each. */
export interface MaskSize {
  readonly rows: number
  readonly width: number
}

/** Values that dropout needs per step: one window into a pool of random masks, cut into one piece per dropout layer. */
export function dropoutOf(net: Network): { readonly rate: number; readonly sizes: readonly MaskSize[] } {
  const rates = new Set<number>()
  const sizes: MaskSize[] = []
  let rows = 1
  const walk = (layers: readonly Layer[], input: number): number => {
    let width = input
    for (const layer of layers) {
      if (layer.kind === 'dense' || layer.kind === 'member-heads') width = layer.outputs
      if (layer.kind === 'flatten') width = layer.width
      if (layer.kind === 'members') rows *= layer.members
      if (layer.kind === 'pieces') width = layer.features * layer.width + layer.rest
      if (layer.kind === 'waves') width = layer.features * (layer.width + 1) + layer.rest
      if (layer.kind === 'sum') width = Math.max(...layer.branches.map(branch => walk(branch, width)))
      if (layer.kind === 'dropout') {
        rates.add(layer.rate)
        sizes.push({ rows, width })
      }
    }
    return width
  }
  walk(net.layers, joinedWidth(net))
  if (rates.size > 1) throw new Error(`a net has dropout rates ${[...rates].join(' and ')}: expected one`)
  return { rate: [...rates][0] ?? 0, sizes }
}

/** Values of all masks of a step. */
export const maskValues = (sizes: readonly MaskSize[], batch: number): number =>
  sizes.reduce((sum, { rows, width }) => sum + rows * width * batch, 0)

/**
 * The masks of a step: 0 or 1 / (1 − rate). The pool holds them as they are or, when the rate changes from step to step,
 * uniform numbers that become 0 below the rate.
 */
export function emitMasks(
  graph: Graph,
  pool: Tensor,
  offset: Tensor,
  rate: Tensor | undefined,
  { sizes, batch }: { readonly sizes: readonly MaskSize[]; readonly batch: number },
): Tensor[] {
  const start = graph.op('Reshape', [offset, graph.i64(1)])
  const end = graph.op('Add', [start, graph.i64(maskValues(sizes, batch))])
  const raw = graph.op('Slice', [pool, start, end])
  const window = rate ? faded(graph, raw, rate) : raw
  const lengths = sizes.map(({ rows, width }) => rows * width * batch)
  const pieces =
    sizes.length === 1
      ? [window]
      : graph.ops('Split', [window, graph.i64(...lengths)], lengths.length, { axis: 0 })
  return pieces.map((piece, i) =>
    graph.op('Reshape', [piece, graph.i64(sizes[i]!.rows * batch, sizes[i]!.width)]),
  )
}

function faded(graph: Graph, uniform: Tensor, rate: Tensor): Tensor {
  const kept = graph.op('GreaterOrEqual', [uniform, rate], {}, { type: 'bool' })
  const scale = graph.op('Div', [graph.f32(1), graph.op('Sub', [graph.f32(1), rate])])
  return graph.op('Mul', [graph.cast(kept, 'float'), scale])
}

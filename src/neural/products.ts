import { MICROSOFT_DOMAIN, type Graph, type Tensor } from '../onnx/graph.ts'

interface Sides {
  /** `[n, k, m]`: the first factor stands transposed. */
  readonly first?: boolean
  readonly second?: boolean
}

/** A product of matrices, one by one along the first axis, either of them transposed. */
export function product(
  graph: Graph,
  a: Tensor,
  b: Tensor,
  { first = false, second = false }: Sides,
): Tensor {
  if (a.type === 'float') {
    const transposed = { transA: Number(first), transB: Number(second) }
    return graph.op('FusedMatMul', [a, b], transposed, { domain: MICROSOFT_DOMAIN })
  }
  const turn = (tensor: Tensor, turned: boolean) =>
    turned ? graph.op('Transpose', [tensor], { perm: { ints: [0, 2, 1] } }) : tensor
  return graph.op('MatMul', [turn(a, first), turn(b, second)])
}

import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { Scales } from './grower.ts'

// Weight of hessians beside gradients in the odds. 16 keeps a hessian divided by its odds within twice the largest one.
const HESSIAN_WEIGHT = 16
const HALVINGS = 12

/**
 * Draws rows with odds in proportion to √(g² + λ h²), at most 1, and divides their gradients by those odds: sums over a node
 * keep their expected value, and rows that are settled already cost nothing. For multiclass above all, where after some rounds
 * most rows are settled for most classes.
 */
export class GradientSampler {
  private readonly arena: Arena
  private readonly norms: Pointer
  private readonly spare: Pointer
  private readonly rows: number

  constructor(arena: Arena, rows: number) {
    this.arena = arena
    this.rows = rows
    this.norms = arena.allocate(4 * rows)
    this.spare = arena.allocate(4 * rows)
  }

  /** Writes the drawn rows to `into`, the others behind them, both ascending; returns how many were drawn. */
  draw(share: number, gradients: Pointer, { g, h }: Scales, rng: Rng, into: Pointer): number {
    const { kernels } = this.arena
    const { rows, norms } = this
    const sum = kernels.gradientNorms(gradients, rows, Math.sqrt(HESSIAN_WEIGHT) * (g / h), norms)
    const limit = sum > 0 ? this.limitFor(share * rows, sum) : 1
    return kernels.sampleRows(norms, rows, limit, rng.int(0xffffffff), gradients, into, this.spare)
  }

  /** The norm from which rows are always taken, so that about `wanted` are: by bisection between no such rows and all. */
  private limitFor(wanted: number, sum: number): number {
    let low = 0
    let high = sum / wanted // enough when no odds are cut off at 1
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2
      if (this.arena.kernels.expectedRows(this.norms, this.rows, middle) > wanted) low = middle
      else high = middle
    }
    return high
  }
}

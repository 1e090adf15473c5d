import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { Scales } from './grower.ts'

/** Rows drawn for one tree; their gradients have been written anew, in fixed point with these factors. */
export interface Drawn {
  readonly count: number
  readonly scales: Scales
}

export interface RowSampler {
  /** Writes the drawn rows to `into`, the others behind them, both ascending. */
  draw(gradients: Pointer, scales: Scales, rng: Rng, into: Pointer): Drawn
}

// Weight of hessians beside gradients in the odds. 16 keeps a hessian divided by its odds within twice the largest one.
const HESSIAN_WEIGHT = 16
const HALVINGS = 12

/**
 * Draws rows with odds in proportion to √(g² + λ h²), at most 1, and divides their gradients by those odds: sums over a node
 * keep their expected value, and rows that are settled already cost nothing. For multiclass above all, where after some rounds
 * most rows are settled for most classes.
 */
export class GradientSampler implements RowSampler {
  private readonly arena: Arena
  private readonly norms: Pointer
  private readonly spare: Pointer
  private readonly rows: number
  private readonly share: number

  constructor(arena: Arena, rows: number, share: number) {
    this.arena = arena
    this.rows = rows
    this.share = share
    this.norms = arena.allocate(4 * rows)
    this.spare = arena.allocate(4 * rows)
  }

  draw(gradients: Pointer, scales: Scales, rng: Rng, into: Pointer): Drawn {
    const { kernels } = this.arena
    const { rows, norms, share, spare } = this
    const sum = kernels.gradientNorms(
      gradients,
      rows,
      Math.sqrt(HESSIAN_WEIGHT) * (scales.g / scales.h),
      norms,
    )
    const limit = sum > 0 ? this.limitFor(share * rows, sum) : 1
    const count = kernels.sampleRows(norms, rows, limit, rng.int(0xffffffff), gradients, into, spare)
    return { count, scales }
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

/**
 * Gradient-based one-side sampling (Ke et al. 2017, algorithm 2): takes the share `top` of rows with the largest |g| and of the
 * others at random as many as the share `other` of all, whose gradients count for those left out.
 */
export class OneSideSampler implements RowSampler {
  private readonly arena: Arena
  private readonly norms: Pointer
  private readonly spare: Pointer
  private readonly rows: number
  private readonly top: number
  private readonly other: number

  constructor(arena: Arena, rows: number, { top, other }: { readonly top: number; readonly other: number }) {
    this.arena = arena
    this.rows = rows
    this.top = top
    this.other = other
    this.norms = arena.allocate(4 * rows)
    this.spare = arena.allocate(4 * rows)
  }

  draw(gradients: Pointer, scales: Scales, rng: Rng, into: Pointer): Drawn {
    const { arena, rows, norms, spare, other } = this
    arena.kernels.gradientNorms(gradients, rows, 0, norms)
    const sizes = arena.f32(norms, rows)
    const cut = this.cutOf(sizes)
    const rest = sizes.reduce((count, size) => count + (size < cut ? 1 : 0), 0)
    const odds = rest > 0 ? Math.min(1, (other * rows) / rest) : 1
    for (let row = 0; row < rows; row++) sizes[row] = sizes[row]! < cut ? odds : 1
    // A gradient divided by its odds must still fit 31 bits.
    const room = 2 ** Math.ceil(Math.log2(1 / odds))
    if (room > 1) {
      const pairs = arena.i32(gradients, 2 * rows)
      for (let i = 0; i < pairs.length; i++) pairs[i] = Math.round(pairs[i]! / room)
    }
    const count = arena.kernels.sampleRows(norms, rows, 1, rng.int(0xffffffff), gradients, into, spare)
    return { count, scales: { g: scales.g / room, h: scales.h / room } }
  }

  /** The size that the share `top` of rows reaches, by bisection; more rows may where many are alike. */
  private cutOf(sizes: Float32Array): number {
    const wanted = this.top * this.rows
    let low = 0
    let high = sizes.reduce((most, size) => Math.max(most, size), 0)
    for (let i = 0; i < 2 * HALVINGS; i++) {
      const middle = (low + high) / 2
      let above = 0
      for (let row = 0; row < sizes.length; row++) above += sizes[row]! >= middle ? 1 : 0
      if (above >= wanted) low = middle
      else high = middle
    }
    return low
  }
}

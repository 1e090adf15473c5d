import { describe, expect, it } from 'vitest'
import { GradientSampler } from '../../../src/algorithms/trees/row-sampling.ts'
import { Arena } from '../../../src/kernels/kernels.ts'
import { createRng } from '../../../src/util/rng.ts'

const ROWS = 20_000
const SCALES = { g: 2 ** 29, h: 2 ** 30 }

/** Most rows settled, a few not: what softmax gradients of one class look like after some rounds. */
function setUp() {
  const arena = new Arena()
  const rng = createRng(3)
  const pairs = new Int32Array(2 * ROWS)
  for (let row = 0; row < ROWS; row++) {
    const p = rng.next() ** 6
    const target = rng.next() < p ? 1 : 0
    pairs[2 * row] = Math.round((p - target) * SCALES.g)
    pairs[2 * row + 1] = Math.round(p * (1 - p) * SCALES.h)
  }
  const gradients = arena.allocate(8 * ROWS)
  const rows = arena.allocate(4 * ROWS)
  const sampler = new GradientSampler(arena, ROWS)
  const draw = (share: number, seed: number) => {
    arena.i32(gradients, 2 * ROWS).set(pairs)
    const count = sampler.draw(share, gradients, SCALES, createRng(seed), rows)
    return { count, rows: arena.i32(rows, ROWS).slice(), pairs: arena.i32(gradients, 2 * ROWS).slice() }
  }
  return { pairs, draw }
}

const sumOf = (pairs: Int32Array, rows: Int32Array, lane: number): number =>
  rows.reduce((sum, row) => sum + pairs[2 * row + lane]!, 0)

describe('rows drawn by gradient', () => {
  const { pairs, draw } = setUp()
  const everyRow = Int32Array.from({ length: ROWS }, (_, row) => row)

  it.each([0.1, 0.3, 0.6])('are about the share asked for: %d', share => {
    expect(Math.abs(draw(share, 1).count / ROWS - share)).toBeLessThan(0.01)
  })

  it('come first, the others after them, both ascending, none lost', () => {
    const { rows, count } = draw(0.3, 2)
    expect(rows.slice(0, count)).toEqual(rows.slice(0, count).sort())
    expect(rows.slice(count)).toEqual(rows.slice(count).sort())
    expect(rows.slice().sort()).toEqual(everyRow)
  })

  it('keep the sums of gradients and hessians, on average over draws', () => {
    for (const lane of [0, 1]) {
      const whole = sumOf(pairs, everyRow, lane)
      const size = everyRow.reduce((sum, row) => sum + Math.abs(pairs[2 * row + lane]!), 0)
      let mean = 0
      for (let seed = 1; seed <= 40; seed++) {
        const drawn = draw(0.2, seed)
        mean += sumOf(drawn.pairs, drawn.rows.subarray(0, drawn.count), lane) / 40
      }
      expect(Math.abs(mean - whole)).toBeLessThan(0.01 * size)
    }
  })

  it('are the same for the same seed and others for another', () => {
    expect(draw(0.3, 5)).toEqual(draw(0.3, 5))
    expect(draw(0.3, 6).rows).not.toEqual(draw(0.3, 5).rows)
  })

  it('leave gradients alone and take nothing when all are zero', () => {
    const arena = new Arena()
    const gradients = arena.put(new Int32Array(80))
    const count = new GradientSampler(arena, 40).draw(
      0.5,
      gradients,
      SCALES,
      createRng(1),
      arena.allocate(160),
    )
    expect(count).toBe(0)
    expect(arena.i32(gradients, 80).every(value => value === 0)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import type { RowSampler } from '../../../src/algorithms/trees/row-sampling.ts'
import { GradientSampler, OneSideSampler } from '../../../src/algorithms/trees/row-sampling.ts'
import { Arena } from '../../../src/kernels/kernels.ts'
import { createRng } from '../../../src/util/rng.ts'

const ROWS = 20_000
const SCALES = { g: 2 ** 29, h: 2 ** 30 }

type Make = (arena: Arena, share: number) => RowSampler

const byGradient: Make = (arena, share) => new GradientSampler(arena, ROWS, share)
/** Two thirds of the share are the rows of largest gradients. */
const oneSide: Make = (arena, share) =>
  new OneSideSampler(arena, ROWS, { top: (2 / 3) * share, other: share / 3 })

/** Most rows settled, a few not: what softmax gradients of one class look like after some rounds. */
function setUp(make: Make) {
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
  const mark = arena.mark
  const draw = (share: number, seed: number) => {
    arena.i32(gradients, 2 * ROWS).set(pairs)
    const { count, scales } = make(arena, share).draw(gradients, SCALES, createRng(seed), rows)
    const drawn = {
      count,
      scales,
      rows: arena.i32(rows, ROWS).slice(),
      pairs: arena.i32(gradients, 2 * ROWS).slice(),
    }
    arena.rewind(mark)
    return drawn
  }
  return { pairs, draw }
}

const sumOf = (pairs: Int32Array, rows: Int32Array, lane: number): number =>
  rows.reduce((sum, row) => sum + pairs[2 * row + lane]!, 0)

describe.each([
  ['by gradient', byGradient],
  ['from one side', oneSide],
])('rows drawn %s', (_, make) => {
  const { pairs, draw } = setUp(make)
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
        const unit = lane === 0 ? SCALES.g / drawn.scales.g : SCALES.h / drawn.scales.h
        mean += (unit * sumOf(drawn.pairs, drawn.rows.subarray(0, drawn.count), lane)) / 40
      }
      expect(Math.abs(mean - whole)).toBeLessThan(0.01 * size)
    }
  })

  it('are the same for the same seed and others for another', () => {
    expect(draw(0.3, 5)).toEqual(draw(0.3, 5))
    expect(draw(0.3, 6).rows).not.toEqual(draw(0.3, 5).rows)
  })
})

describe('rows of no gradient', () => {
  it('are not drawn by gradient, and stay as they are', () => {
    const arena = new Arena()
    const gradients = arena.put(new Int32Array(80))
    const { count } = new GradientSampler(arena, 40, 0.5).draw(
      gradients,
      SCALES,
      createRng(1),
      arena.allocate(160),
    )
    expect(count).toBe(0)
    expect(arena.i32(gradients, 80).every(value => value === 0)).toBe(true)
  })
})

describe('sampling from one side', () => {
  it('takes every row of the largest gradients as it is, and counts the others for those left out', () => {
    const { pairs, draw } = setUp(oneSide)
    const { count, rows, pairs: after, scales } = draw(0.3, 9)
    const sizes = Array.from({ length: ROWS }, (_, row) => Math.abs(pairs[2 * row]!))
    const top = sizes.toSorted((a, b) => b - a)[0.2 * ROWS - 1]!
    const taken = new Set(rows.subarray(0, count))
    const room = SCALES.g / scales.g
    let others = 0
    for (let row = 0; row < ROWS; row++) {
      if (sizes[row]! > top) {
        expect(taken.has(row)).toBe(true)
        expect(room * after[2 * row]!).toBeCloseTo(pairs[2 * row]!, -2)
      } else if (sizes[row]! < top && taken.has(row)) {
        others++
        // 0.8 of the rows are not at the top and 0.1 of all stand for them.
        expect(Math.abs(room * after[2 * row]! - 8 * pairs[2 * row]!)).toBeLessThan(1e-3 * SCALES.g)
      }
    }
    expect(Math.abs(others / ROWS - 0.1)).toBeLessThan(0.01)
  })

  it('never leaves the 31 bits of a gradient, however few stand for the others', () => {
    const arena = new Arena()
    const pairs = new Int32Array(2 * ROWS).fill(2 ** 30)
    for (let row = 0; row < 100; row++) pairs[2 * row] = 2 ** 30 + 1
    const gradients = arena.put(pairs)
    const sampler = new OneSideSampler(arena, ROWS, { top: 0.005, other: 0.01 })
    const { count } = sampler.draw(gradients, SCALES, createRng(2), arena.allocate(4 * ROWS))
    expect(count).toBeGreaterThan(100)
    expect(arena.i32(gradients, 2 * ROWS).every(value => value > 0)).toBe(true)
  })
})

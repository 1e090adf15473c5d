import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gbtDepthwise } from '../../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../../src/algorithms/gbt-leafwise.ts'
import { gbtOblivious } from '../../src/algorithms/gbt-oblivious.ts'
import { Arena } from '../../src/kernels/kernels.ts'
import { shares } from '../../src/kernels/shared-kernels.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

const ROWS = 40_001

describe('a team of threads', () => {
  let alone: Arena
  let together: Arena
  beforeAll(async () => {
    alone = new Arena()
    together = new Arena(3)
    while (!together.team!.ready) await new Promise(resolve => setTimeout(resolve, 5))
  })
  afterAll(() => together.team!.stop())

  /** The same work in both memories; returns what both say. */
  const both = <T>(work: (arena: Arena) => T): readonly [T, T] => [work(alone), work(together)]

  it('shares rows in parts of whole lanes, all of them once', () => {
    for (const n of [0, 1, 4095, 8192, 8193, 100_003]) {
      const parts = shares(n, 3)
      expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(n)
      for (const [i, { first }] of parts.entries()) {
        expect(first % 4).toBe(0)
        expect(first).toBe(parts.slice(0, i).reduce((sum, { count }) => sum + count, 0))
      }
    }
    expect(shares(8191, 3)).toHaveLength(1)
    expect(shares(100_000, 3)).toHaveLength(3)
  })

  it('answers calls in their order, of which every one is carried out', () => {
    const { team } = together
    const rows = together.put(Int32Array.from({ length: 30 }, (_, i) => i))
    const scores = together.put(new Float32Array(30))
    for (let round = 0; round < 1000; round++) {
      team!.run(
        [0, 10, 20].map(first => ({ kernel: 'addToRows', args: [rows + 4 * first, 10, 1 + first, scores] })),
      )
    }
    expect(Array.from(together.f32(scores, 30))).toEqual(
      Array.from({ length: 30 }, (_, i) => 1000 * (1 + 10 * Math.floor(i / 10))),
    )
    const bins = together.put(Uint8Array.from({ length: 30 }, (_, row) => (row % 3 === 0 ? 0 : 1)))
    const sides = together.put(Uint8Array.from({ length: 256 }, (_, bin) => (bin === 0 ? 1 : 0)))
    const spare = together.allocate(120)
    const lefts = team!.run(
      [0, 9, 21].map((first, i) => ({
        kernel: 'partitionDense',
        args: [bins, sides, rows + 4 * first, [9, 12, 9][i]!, spare + 4 * first],
      })),
    )
    expect(lefts).toEqual([3, 4, 3])
  })

  it('partitions rows just as one thread does', () => {
    const rng = createRng(1)
    const column = Uint8Array.from({ length: ROWS }, () => rng.int(256))
    const order = rng.shuffle(Int32Array.from({ length: ROWS }, (_, row) => row))
    const [one, three] = both(arena => {
      const at = arena.put(order)
      const sides = arena.put(Uint8Array.from({ length: 256 }, (_, bin) => Number(bin < 100)))
      const left = arena.kernels.partitionDense(arena.put(column), sides, at, ROWS, arena.allocate(4 * ROWS))
      return { left, rows: arena.i32(at, ROWS).slice() }
    })
    expect(three.left).toBe(one.left)
    expect(three.rows).toEqual(one.rows)
  })

  it('goes on with a memory that has grown since it started', () => {
    const big = together.allocate(64e6)
    const rows = together.put(Int32Array.from({ length: ROWS }, (_, i) => i))
    together.f32(big + 60e6, ROWS).fill(0)
    together.kernels.addToRows(rows, ROWS, 2, big + 60e6)
    expect(together.f32(big + 60e6, ROWS).every(score => score === 2)).toBe(true)
  })
})

describe('boosting with threads', () => {
  const tables = {
    'few columns': toy('binary', { rows: ROWS, seed: 1 }),
    'three classes': toy('multiclass', { rows: ROWS, seed: 2 }),
    'a number': toy('regression', { rows: ROWS, seed: 3 }),
  }
  const wide = (() => {
    const rng = createRng(4)
    const rows = 20_000
    const columns = Array.from({ length: 200 }, (_, f) => ({
      kind: 'dense' as const,
      name: `c${f}`,
      // Half of them mostly zero: those lie in sparse groups.
      values: Float32Array.from({ length: rows }, () => (f % 2 && rng.next() < 0.8 ? 0 : rng.normal())),
    }))
    const target = Float64Array.from({ length: rows }, (_, row) =>
      Number(columns[1]!.values[row]! + columns[2]!.values[row]! + columns[150]!.values[row]! > 0),
    )
    return { task: 'binary' as const, classes: 2, features: { rows, columns }, target }
  })()
  const cases = [...Object.entries(tables), ['many columns', wide] as const]

  it.each(
    cases.flatMap(([name, data]) =>
      [gbtLeafwise, gbtDepthwise, gbtOblivious].map(learner => ({ name, data, learner })),
    ),
  )('grows the same trees: $learner.name on $name', async ({ data, learner }) => {
    const rounds = { 'gbt-leafwise': 'num_iterations', 'gbt-depthwise': 'num_round', 'gbt-oblivious': 'iterations' }[learner.name]! // prettier-ignore
    const params = { ...defaults(learner.space), [rounds]: 12 }
    const [one, two] = [
      await learner.fit(data, params, fitContext({ seed: 7 })),
      await learner.fit(data, params, fitContext({ seed: 7, spareThreads: 1 })),
    ]
    expect(two).toEqual(one)
  })
})

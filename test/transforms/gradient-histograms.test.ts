import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { gradientHistograms } from '../../src/transforms/gradient-histograms.ts'
import { createRng } from '../../src/util/rng.ts'
import { matrixOf } from './columns.ts'
import { expectSame } from './compare.ts'
import { runFeatureTransform } from './graphs.ts'

type Picture = (y: number, x: number, channel: number) => number

const context = { seed: 1, task: 'binary', classes: 2, target: new Float64Array(0) } as const

/** Pictures as rows: colour by colour, row by row. */
function pictures(height: number, width: number, channels: number, draw: readonly Picture[]): Features {
  const columns = Array.from({ length: channels * height * width }, (_, j) => {
    const [channel, y, x] = [Math.floor(j / (height * width)), Math.floor(j / width) % height, j % width]
    return {
      kind: 'dense',
      name: `p${j}`,
      values: Float32Array.from(draw, one => one(y, x, channel)),
    } as const
  })
  return { rows: draw.length, columns }
}

/** Features of some pictures by their names. */
function read(features: Features, params: Record<string, number>): Record<string, number>[] {
  const state = gradientHistograms.fit(features, { channels: 1, cell: 4, directions: 8, ...params }, context)
  const { columns } = gradientHistograms.apply(features, state)
  const rows = matrixOf({ rows: features.rows, columns })
  return rows.map(row => Object.fromEntries(row.map((value, j) => [columns[j]!.name, value])))
}

const edges = (row: Record<string, number>) =>
  Object.entries(row).filter(([name, value]) => name.startsWith('edge') && value > 1e-6)

describe('gradient-histograms', () => {
  it('finds one direction in a slope, and the one across it in the same slope turned', () => {
    const size = { height: 12, width: 12 }
    const [right, down] = read(pictures(12, 12, 1, [(_, x) => x, y => y]), size)
    expect(new Set(edges(right!).map(([name]) => name.split(' ')[1]))).toEqual(new Set(['0°']))
    expect(new Set(edges(down!).map(([name]) => name.split(' ')[1]))).toEqual(new Set(['90°']))
  })

  it('finds the place of an edge', () => {
    const [row] = read(pictures(12, 12, 1, [(y, x) => Number(y < 4 && x >= 2)]), { height: 12, width: 12 })
    const strongest = Object.entries(row!).filter(([name]) => name.startsWith('edge 0°')).sort((a, b) => b[1] - a[1])[0]! // prettier-ignore
    expect(strongest[0]).toBe('edge 0° at 1,1')
    expect(row!['edge 180° at 1,1']).toBe(0)
    expect(row!['edge 0° at 3,3']).toBe(0)
  })

  it('gives histograms of length 1 that do not change with light and contrast, and none of an empty picture', () => {
    const rng = createRng(3)
    const noise = Array.from({ length: 80 }, () => rng.int(64))
    const at: Picture = (y, x) => noise[y * 10 + x]!
    const [plain, bright, empty] = read(
      pictures(8, 10, 1, [at, (y, x, c) => 2 * at(y, x, c) + 30, () => 7]),
      { height: 8, width: 10 },
    )
    const length = Math.hypot(...edges(plain!).map(([, value]) => value))
    expect(length).toBeCloseTo(1, 6)
    for (const [name, value] of edges(plain!)) expect(bright![name]).toBeCloseTo(value, 6)
    expect(edges(empty!)).toEqual([])
    const light = Object.entries(empty!).filter(([name]) => name.startsWith('light'))
    // Every pixel is shared out among cells, whole.
    expect(light.reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(7 * 80, 3)
  })

  it('leaves features alone that are not pictures of the size it was told', () => {
    const features = pictures(8, 8, 1, [(y, x) => y * x])
    const state = gradientHistograms.fit(features, { height: 8, width: 9, channels: 1, cell: 4, directions: 8 }, context) // prettier-ignore
    expect(gradientHistograms.apply(features, state)).toBe(features)
  })

  it.each([
    [9, 7, 1, 4, 8],
    [8, 8, 3, 3, 6],
    [2, 11, 2, 2, 4],
  ])(
    'is the same in the graph for pictures of %d × %d × %d',
    async (height, width, channels, cell, directions) => {
      const rng = createRng(height)
      const noise: Picture[] = Array.from(
        { length: 20 },
        (_, row) => () =>
          row === 3 ? 0 : row === 4 && rng.next() < 0.2 ? NaN : rng.next() < 0.5 ? 0 : rng.int(256),
      )
      const features = pictures(height, width, channels, noise)
      const state = gradientHistograms.fit(features, { height, width, channels, cell, directions }, context)
      const applied = gradientHistograms.apply(features, state)
      const cells = Math.ceil(height / cell) * Math.ceil(width / cell)
      expect(applied.columns.length).toBe((directions + channels) * cells)
      const [found] = await runFeatureTransform((graph, input) => gradientHistograms.emit(state, graph, input), [features]) // prettier-ignore
      expectSame(found!, matrixOf(applied))
    },
  )
})

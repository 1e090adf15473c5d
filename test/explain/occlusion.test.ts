import { describe, expect, it } from 'vitest'
import type { Dataset, NumericColumn } from '../../src/data/dataset.ts'
import { occlusionMaps } from '../../src/explain/occlusion.ts'
import { patchesOf } from '../../src/explain/players.ts'
import { createRng } from '../../src/util/rng.ts'

const SIDE = 10
const names = Array.from({ length: SIDE * SIDE }, (_, i) => `p${i}`)
const rng = createRng(5)
const pictures = (rows: number, pixel: (row: number, at: number) => number): Dataset => ({
  name: 'pictures',
  rows,
  columns: names.map((name, at) => ({
    kind: 'numeric',
    name,
    values: Float64Array.from({ length: rows }, (_, row) => pixel(row, at)),
  })),
})
const shape = { height: SIDE, width: SIDE, channels: 1, columns: names } as const

describe('saliency by occlusion', () => {
  it('is highest on the one pixel that counts, and zero where no square touches it', async () => {
    const counts = 37
    const predict = (dataset: Dataset) =>
      Promise.resolve(
        Float64Array.from(
          { length: dataset.rows },
          (_, row) => (dataset.columns[counts] as NumericColumn).values[row]!,
        ),
      )
    const dataset = pictures(2, (row, at) => (at === counts ? row + 1 : rng.next()))
    const before = structuredClone(dataset)
    const maps = await occlusionMaps(
      predict,
      dataset,
      pictures(5, () => 0),
      { shape, width: 1, output: [0, 0] },
    )
    expect(dataset).toEqual(before)
    for (const [row, map] of maps.entries()) {
      expect(map[counts]).toBeCloseTo(row + 1, 12)
      const [y, x] = [Math.floor(counts / SIDE), counts % SIDE]
      for (const [at, value] of map.entries()) {
        const isFar = Math.abs(Math.floor(at / SIDE) - y) > 1 || Math.abs((at % SIDE) - x) > 1
        if (isFar) expect(value).toBe(0)
        else expect(value).toBeGreaterThan(0)
      }
    }
  })
})

describe('patches', () => {
  it('hold every pixel once, all channels of it together', () => {
    const columns = Array.from({ length: 9 * 8 * 3 }, (_, i) => `c${i}`)
    const patches = patchesOf({ height: 9, width: 8, channels: 3, columns, reason: '' })
    expect(patches.length).toBe(49)
    expect(patches.flatMap(patch => patch.columns).sort()).toEqual([...columns].sort())
    for (const patch of patches) {
      const pixels = patch.columns.map(name => Math.floor(Number(name.slice(1)) / 3))
      for (const pixel of pixels) expect(pixels.filter(other => other === pixel).length).toBe(3)
      const [, top, bottom, left, right] = /^y (\d+)–(\d+), x (\d+)–(\d+)$/.exec(patch.name)!.map(Number)
      const inside = pixels.map(pixel => [Math.floor(pixel / 8) + 1, (pixel % 8) + 1] as const)
      expect(inside.every(([y, x]) => y >= top! && y <= bottom! && x >= left! && x <= right!)).toBe(true)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { emitWarps, randomWarps, warpCount, type ImageWarps } from '../../src/neural/warps.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { createRng } from '../../src/util/rng.ts'

const [H, W] = [6, 8]
const still: ImageWarps = { channels: 1, height: H, width: W, reach: 0, bend: 0 }

async function bent(warps: ImageWarps, images: Float32Array, picks: readonly number[]) {
  const { channels, height, width } = warps
  const size = channels * height * width
  const graph = new Graph('warps')
  const x = graph.input('x', 'float', ['N', size])
  const pool = graph.input('pool', 'float', [warpCount(warps), height, width, 2])
  const places = graph.input('picks', 'int32', ['N'])
  graph.output('y', emitWarps(graph, x, { pool, picks: places }, warps), ['N', size])
  const session = await openSession(graph.encode())
  const { y } = await session.run({
    x: await feed(images, [picks.length, size]),
    pool: await feed(randomWarps(warps, createRng(4)), [warpCount(warps), height, width, 2]),
    picks: await feed(Int32Array.from(picks), [picks.length]),
  })
  await session.release()
  return y!.data as Float32Array
}

const noise = (count: number) => {
  const rng = createRng(1)
  return Float32Array.from({ length: count }, () => rng.next())
}

/** Centre of the light of a picture, in pixels. */
function centre(image: Float32Array, width: number): [number, number] {
  let [sum, y, x] = [0, 0, 0]
  for (const [i, value] of image.entries()) {
    sum += value
    y += value * Math.floor(i / width)
    x += value * (i % width)
  }
  return [y / sum, x / sum]
}

describe('warps of images', () => {
  it('that neither move nor bend leave an image as it is', async () => {
    const images = noise(2 * H * W)
    const found = await bent(still, images, [0, 5])
    images.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5))
  })

  it('that only move do so by whole pixels, each image by its own, and zeros come in', async () => {
    const warps = { ...still, reach: 2 }
    const rows = 200
    const one = noise(H * W)
    const images = new Float32Array(rows * H * W)
    for (let row = 0; row < rows; row++) images.set(one, row * H * W)
    const found = await bent(
      warps,
      images,
      Array.from({ length: rows }, (_, row) => row),
    )
    const seen = new Set<string>()
    for (let row = 0; row < rows; row++) {
      const image = found.subarray(row * H * W, (row + 1) * H * W)
      const fits: string[] = []
      for (let down = -2; down <= 2; down++)
        for (let right = -2; right <= 2; right++) {
          const same = image.every((value, i) => {
            const [y, x] = [Math.floor(i / W) + down, (i % W) + right]
            const from = y < 0 || x < 0 || y >= H || x >= W ? 0 : one[y * W + x]!
            return Math.abs(value - from) < 1e-4
          })
          if (same) fits.push(`${down} ${right}`)
        }
      expect(fits).toHaveLength(1)
      seen.add(fits[0]!)
    }
    expect(seen.size).toBe(25)
  })

  it('that bend keep a spot near its place, its light about as much, and differ from image to image', async () => {
    const side = 28
    const warps: ImageWarps = { channels: 1, height: side, width: side, reach: 1, bend: 1 }
    const spot = Float32Array.from({ length: side * side }, (_, i) =>
      Math.exp(-((Math.floor(i / side) - 16) ** 2 + ((i % side) - 10) ** 2) / 8),
    )
    const rows = 100
    const images = new Float32Array(rows * spot.length)
    for (let row = 0; row < rows; row++) images.set(spot, row * spot.length)
    const found = await bent(
      warps,
      images,
      Array.from({ length: rows }, (_, row) => row),
    )
    const light = spot.reduce((sum, value) => sum + value, 0)
    const centres = new Set<string>()
    for (let row = 0; row < rows; row++) {
      const image = found.slice(row * spot.length, (row + 1) * spot.length)
      const [y, x] = centre(image, side)
      expect(Math.hypot(y - 16, x - 10)).toBeLessThan(7)
      const kept = image.reduce((sum, value) => sum + value, 0) / light
      expect(kept).toBeGreaterThan(0.5)
      expect(kept).toBeLessThan(2)
      centres.add(`${y.toFixed(3)} ${x.toFixed(3)}`)
    }
    expect(centres.size).toBe(rows)
  })

  it('are the same for the same seed, and one for all colours of an image', async () => {
    const warps: ImageWarps = { channels: 3, height: 8, width: 8, reach: 1, bend: 0.5 }
    expect(randomWarps(warps, createRng(7))).toEqual(randomWarps(warps, createRng(7)))
    const plane = noise(64)
    const image = new Float32Array([...plane, ...plane, ...plane])
    const found = await bent(warps, image, [3])
    expect(found.slice(0, 64)).toEqual(found.slice(128))
    expect(found.slice(0, 64)).not.toEqual(plane)
  })
})

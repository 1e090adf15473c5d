import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Rng } from '../util/rng.ts'

/** Each image of a batch is bent a little differently every time it is seen; what comes in from outside is 0. */
export interface ImageWarps {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Most pixels up, down, left and right. */
  readonly reach: number
  /** Share of the usual turning, stretching and rippling: 0 only moves images, by whole pixels. */
  readonly bend: number
}

const POOL_VALUES = 1 << 21
const MOST_WARPS = 1024
const TURN = 0.2 // most radians
const STRETCH = 0.13 // most change of either side
const SLANT = 0.15 // most columns per row
const RIPPLE = 0.03 // deviation, of the side
const WAVES = 4
const CYCLES = 1 // deviation of a wave's frequency, per side

/** How many warps are kept to choose from. */
export const warpCount = ({ height, width }: ImageWarps): number =>
  Math.max(16, Math.min(MOST_WARPS, Math.floor(POOL_VALUES / (2 * height * width))))

/**
 * Random warps: for each pixel of the result the place in the image it is taken from, `warps × height × width × (x, y)` between
 * −1 and 1. A warp turns, stretches and slants about the centre, moves, and adds slow waves in place of the smoothed noise of
 * Simard, Steinkraus & Platt (2003).
 */
export function randomWarps(warps: ImageWarps, rng: Rng): Float32Array {
  const { height, width } = warps
  const size = 2 * height * width
  const pool = new Float32Array(warpCount(warps) * size)
  for (let at = 0; at < pool.length; at += size) {
    const place = randomWarp(warps, rng)
    for (let row = 0, i = at; row < height; row++)
      for (let column = 0; column < width; column++) {
        const [x, y] = place(row - (height - 1) / 2, column - (width - 1) / 2)
        pool[i++] = (2 * x) / (width - 1)
        pool[i++] = (2 * y) / (height - 1)
      }
  }
  return pool
}

/** From the place of a pixel to the place it is taken from, both in pixels from the centre. */
function randomWarp({ height, width, reach, bend }: ImageWarps, rng: Rng) {
  const even = (most: number) => most * (2 * rng.next() - 1)
  const moved = () => (bend > 0 ? even(reach) : rng.int(2 * reach + 1) - reach)
  const [right, down] = [moved(), moved()]
  const angle = even(TURN * bend)
  const [wide, tall] = [1 + even(STRETCH * bend), 1 + even(STRETCH * bend)]
  const slant = even(SLANT * bend)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const ripples = [ripple(width, bend, rng), ripple(height, bend, rng)] as const
  return (row: number, column: number): [number, number] => {
    const [u, v] = [row / height, column / width]
    const x = wide * column + slant * row
    const y = tall * row
    return [cos * x - sin * y + right + ripples[0](u, v), sin * x + cos * y + down + ripples[1](u, v)]
  }
}

function ripple(side: number, bend: number, rng: Rng): (u: number, v: number) => number {
  if (bend === 0) return () => 0
  const height = bend * RIPPLE * side * Math.sqrt(2 / WAVES)
  const waves = Array.from(
    { length: WAVES },
    () => [CYCLES * rng.normal(), CYCLES * rng.normal(), rng.next()] as const,
  )
  return (u, v) =>
    waves.reduce((sum, [a, b, phase]) => sum + height * Math.cos(2 * Math.PI * (a * u + b * v + phase)), 0)
}

/** Rows of pixels, each through its warp. `picks`: which of the pool each row gets. */
export function emitWarps(
  graph: Graph,
  pixels: Tensor,
  { pool, picks }: { readonly pool: Tensor; readonly picks: Tensor },
  { channels, height, width }: ImageWarps,
): Tensor {
  const images = graph.op('Reshape', [pixels, graph.i64(-1, channels, height, width)])
  const places = graph.op('Gather', [pool, picks])
  const bent = graph.op('GridSample', [images, places], {
    mode: 'linear',
    padding_mode: 'zeros',
    align_corners: 1,
  })
  return graph.op('Reshape', [bent, graph.i64(-1, channels * height * width)])
}

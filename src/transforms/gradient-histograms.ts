import type { DenseFeature, Features } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { int, type Params } from '../params/space.ts'
import { sparseRows } from './sparse-rows.ts'
import type { FeatureTransform } from './transform.ts'

interface GradientState {
  /** 0 × 0 where the features are not pictures of the size that was said: nothing changes. */
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Side of a cell in pixels. */
  readonly cell: number
  readonly directions: number
  /** Strength of edges in a whole picture below which it is taken for empty. */
  readonly floor: number
}

const MAX_SIDE = 512
const NO_STRENGTH = 1e-6 // of the range of the pixels

/**
 * Histograms of oriented gradients (Dalal & Triggs 2005): the gradient at each pixel is shared out among directions all around,
 * by how much of it lies within one step of each, and among the four nearest cells; the histogram of a picture has length 1.
 * Beside it how light each cell is. Pixels come colour by colour and row by row.
 */
export const gradientHistograms: FeatureTransform<GradientState> = {
  stage: 'features',
  name: 'gradient-histograms',
  summary: 'Pictures as the directions of edges in each of their cells, and how light each cell is.',
  space: {
    height: int(0, MAX_SIDE, 0),
    width: int(0, MAX_SIDE, 0),
    channels: int(1, 4, 1),
    cell: int(2, 64, 4),
    directions: int(4, 16, 8),
  },
  fit(features, params) {
    const [height, width, channels, cell, directions] = sizes(params)
    if (height * width * channels !== features.columns.length)
      return { height: 0, width: 0, channels, cell, directions, floor: 1 }
    return { height, width, channels, cell, directions, floor: NO_STRENGTH * rangeOf(features) || 1 }
  },
  apply(features, state) {
    if (state.height === 0) return features
    const columns = namesOf(state).map((name): DenseFeature => ({
      kind: 'dense',
      name,
      values: new Float32Array(features.rows),
    }))
    const histogram = histogramOf(state)
    const pixels = new Float64Array(features.columns.length)
    for (const reader of sparseRows(features, new Float64Array(pixels.length))) {
      for (let row = reader.from; row < reader.to; row++) {
        pixels.fill(0)
        const count = reader.read(row)
        for (let i = 0; i < count; i++) pixels[reader.index[i]!] = reader.values[i]!
        const found = histogram(pixels)
        for (let k = 0; k < columns.length; k++) columns[k]!.values[row] = found[k]!
      }
    }
    return { rows: features.rows, columns }
  },
  emit: (state, graph, input) => (state.height === 0 ? input : emitHistogram(state, graph, input)),
}

const sizes = (params: Params) =>
  (['height', 'width', 'channels', 'cell', 'directions'] as const).map(name => Number(params[name])) as [
    number,
    number,
    number,
    number,
    number,
  ]

function rangeOf({ columns }: Features): number {
  let [low, high] = [0, 0]
  for (const { values } of columns)
    for (const value of values) {
      if (value < low) low = value
      if (value > high) high = value
    }
  return high - low
}

const cellsAlong = (pixels: number, cell: number) => Math.max(1, Math.ceil(pixels / cell))

function namesOf({ height, width, channels, cell, directions }: GradientState): string[] {
  const places = Array.from({ length: cellsAlong(height, cell) }, (_, i) =>
    Array.from({ length: cellsAlong(width, cell) }, (__, j) => `${i + 1},${j + 1}`),
  ).flat()
  const edges = Array.from({ length: directions }, (_, k) => `edge ${Math.round((360 * k) / directions)}°`)
  const lights = Array.from({ length: channels }, (_, c) => (channels === 1 ? 'light' : `light ${c + 1}`))
  return [...edges, ...lights].flatMap(what => places.map(place => `${what} at ${place}`))
}

interface Pool {
  readonly cells: number
  /** The four cells whose middles are nearest to each pixel (at a border the same one twice), and how much of it is theirs. */
  readonly cell: Int32Array
  readonly share: Float64Array
}

function poolOf({ height, width, cell }: GradientState): Pool {
  const [down, across] = [nearest(height, cell), nearest(width, cell)]
  const wide = cellsAlong(width, cell)
  const pool = {
    cells: cellsAlong(height, cell) * wide,
    cell: new Int32Array(4 * height * width),
    share: new Float64Array(4 * height * width),
  }
  let at = 0
  for (const rows of down)
    for (const columns of across)
      for (const [i, much] of rows)
        for (const [j, more] of columns) {
          pool.cell[at] = i * wide + j
          pool.share[at++] = much * more
        }
  return pool
}

/** For each pixel of a line the two cells whose middles are nearest, and how much of it belongs to each. */
const nearest = (pixels: number, cell: number) =>
  Array.from({ length: pixels }, (_, pixel) => {
    const last = cellsAlong(pixels, cell) - 1
    const place = (pixel + 0.5) / cell - 0.5
    const before = Math.floor(place)
    return [
      [Math.max(0, before), before + 1 - place],
      [Math.min(last, before + 1), place - before],
    ] as const
  })

const directionsOf = ({ directions }: GradientState) =>
  Array.from({ length: directions }, (_, k) => {
    const angle = (2 * Math.PI * k) / directions
    return { cos: Math.cos(angle), sin: Math.sin(angle) }
  })

/** What part of a gradient's length its projection has to exceed to count for a direction: the cosine of one step. */
const leastOf = ({ directions }: GradientState) => Math.cos((2 * Math.PI) / directions)

/** Pixels → histogram and lightness; gives the same array each time. */
function histogramOf(state: GradientState): (pixels: Float64Array) => Float64Array {
  const { height, width, channels, floor } = state
  const pool = poolOf(state)
  const { cells } = pool
  const directions = directionsOf(state)
  const least = leastOf(state)
  const size = height * width
  const found = new Float64Array((directions.length + channels) * cells)
  const light = new Float64Array(size)
  const add = (plane: number, pixel: number, value: number) => {
    for (let at = 4 * pixel; at < 4 * pixel + 4; at++)
      found[plane * cells + pool.cell[at]!]! += value * pool.share[at]!
  }
  return pixels => {
    found.fill(0)
    light.fill(0)
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < size; pixel++) {
        const value = pixels[channel * size + pixel]!
        if (value === 0) continue
        light[pixel]! += value
        add(directions.length + channel, pixel, value)
      }
    for (let y = 0; y < height; y++) {
      const [above, below] = [Math.max(0, y - 1) * width, Math.min(height - 1, y + 1) * width]
      for (let x = 0; x < width; x++) {
        const gx = light[y * width + Math.min(width - 1, x + 1)]! - light[y * width + Math.max(0, x - 1)]!
        const gy = light[below + x]! - light[above + x]!
        if (gx === 0 && gy === 0) continue
        const length = least * Math.sqrt(gx * gx + gy * gy)
        for (let k = 0; k < directions.length; k++) {
          const over = gx * directions[k]!.cos + gy * directions[k]!.sin - length
          if (over > 0) add(k, y * width + x, over)
        }
      }
    }
    const edges = directions.length * cells
    let squares = 0
    for (let i = 0; i < edges; i++) squares += found[i]! * found[i]!
    const scale = Math.max(floor, Math.sqrt(squares))
    for (let i = 0; i < edges; i++) found[i]! /= scale
    return found
  }
}

function emitHistogram(state: GradientState, graph: Graph, input: Tensor): Tensor {
  const { height, width, channels, floor } = state
  const size = height * width
  const shares = poolOf(state)
  const { cells } = shares
  const missing = graph.op('IsNaN', [input], {}, { type: 'bool' })
  const known = graph.op(
    'Where',
    [missing, graph.f64(0), graph.cast(input, 'double')],
    {},
    { type: 'double' },
  )
  const reshape = (tensor: Tensor, ...dims: number[]) => graph.op('Reshape', [tensor, graph.i64(...dims)])
  const sum = (tensor: Tensor, keepdims = 0) => graph.op('ReduceSum', [tensor, graph.i64(1)], { keepdims })
  const pool = graph.constant(matrixOf(shares), [size, cells])

  const planes = reshape(known, -1, channels, size)
  const light = reshape(channels === 1 ? planes : sum(planes), -1, height, width)
  const slope = (axis: 1 | 2) => {
    const length = axis === 1 ? height : width
    const line = Array.from({ length }, (_, i) => i)
    const moved = (by: number) =>
      graph.op('Gather', [light, graph.i64(...line.map(i => Math.max(0, Math.min(length - 1, i + by))))], {
        axis,
      })
    return reshape(graph.op('Sub', [moved(1), moved(-1)]), -1, size)
  }
  const [gx, gy] = [slope(2), slope(1)]
  const square = (tensor: Tensor) => graph.op('Mul', [tensor, tensor])
  const length = graph.op('Sqrt', [graph.op('Add', [square(gx), square(gy)])])
  const short = graph.op('Mul', [length, graph.f64(leastOf(state))])
  // One direction after the other: all at once would hold as many times the pixels of all rows.
  const edges = directionsOf(state).map(({ cos, sin }) => {
    const along = graph.op('Add', [
      graph.op('Mul', [gx, graph.f64(cos)]),
      graph.op('Mul', [gy, graph.f64(sin)]),
    ])
    return graph.op('MatMul', [graph.op('Relu', [graph.op('Sub', [along, short])]), pool])
  })
  const histogram = graph.op('Concat', edges, { axis: 1 })
  const strength = graph.op('Sqrt', [sum(square(histogram), 1)])
  const even = graph.op('Div', [histogram, graph.op('Max', [strength, graph.f64(floor)])])
  const lights = reshape(graph.op('MatMul', [planes, pool]), -1, channels * cells)
  return graph.cast(graph.op('Concat', [even, lights], { axis: 1 }), 'float')
}

/** Row-major pixels × cells. */
function matrixOf({ cells, cell, share }: Pool): Float64Array {
  const table = new Float64Array((cell.length / 4) * cells)
  for (let at = 0; at < cell.length; at++) table[Math.floor(at / 4) * cells + cell[at]!]! += share[at]!
  return table
}

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

/** How much of each pixel of a line belongs to each cell: to the two whose middles are nearest. Row-major pixels × cells. */
function shares(pixels: number, cell: number): Float64Array {
  const cells = cellsAlong(pixels, cell)
  const table = new Float64Array(pixels * cells)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const place = (pixel + 0.5) / cell - 0.5
    const before = Math.floor(place)
    for (const [at, share] of [
      [before, before + 1 - place],
      [before + 1, place - before],
    ] as const)
      table[pixel * cells + Math.max(0, Math.min(cells - 1, at))]! += share
  }
  return table
}

const directionsOf = ({ directions }: GradientState) =>
  Array.from({ length: directions }, (_, k) => {
    const angle = (2 * Math.PI * k) / directions
    return { cos: Math.cos(angle), sin: Math.sin(angle) }
  })

/** What part of a gradient's length its projection has to exceed to count for a direction: the cosine of one step. */
const leastOf = ({ directions }: GradientState) => Math.cos((2 * Math.PI) / directions)

/** Pixels → histogram and lightness; gives the same array each time. */
function histogramOf(state: GradientState): (pixels: Float64Array) => Float64Array {
  const { height, width, channels, cell, floor } = state
  const [down, across] = [shares(height, cell), shares(width, cell)]
  const [tall, wide] = [cellsAlong(height, cell), cellsAlong(width, cell)]
  const directions = directionsOf(state)
  const least = leastOf(state)
  const size = height * width
  const cells = tall * wide
  const found = new Float64Array((directions.length + channels) * cells)
  const light = new Float64Array(size)
  const add = (plane: number, y: number, x: number, value: number) => {
    for (let i = 0; i < tall; i++) {
      const share = value * down[y * tall + i]!
      if (share === 0) continue
      for (let j = 0; j < wide; j++) found[(plane * tall + i) * wide + j]! += share * across[x * wide + j]!
    }
  }
  return pixels => {
    found.fill(0)
    light.fill(0)
    for (let c = 0, at = 0; c < channels; c++) {
      for (let p = 0; p < size; p++, at++) {
        const value = pixels[at]!
        if (value === 0) continue
        light[p]! += value
        add(directions.length + c, Math.floor(p / width), p % width, value)
      }
    }
    let squares = 0
    for (let y = 0; y < height; y++) {
      const [above, below] = [Math.max(0, y - 1), Math.min(height - 1, y + 1)]
      for (let x = 0; x < width; x++) {
        const gx = light[y * width + Math.min(width - 1, x + 1)]! - light[y * width + Math.max(0, x - 1)]!
        const gy = light[below * width + x]! - light[above * width + x]!
        if (gx === 0 && gy === 0) continue
        const length = least * Math.sqrt(gx * gx + gy * gy)
        for (const [k, { cos, sin }] of directions.entries()) {
          const over = gx * cos + gy * sin - length
          if (over > 0) add(k, y, x, over)
        }
      }
    }
    const edges = directions.length * cells
    for (let i = 0; i < edges; i++) squares += found[i]! * found[i]!
    const scale = Math.max(floor, Math.sqrt(squares))
    for (let i = 0; i < edges; i++) found[i]! /= scale
    return found
  }
}

function emitHistogram(state: GradientState, graph: Graph, input: Tensor): Tensor {
  const { height, width, channels, cell, floor } = state
  const size = height * width
  const cells = cellsAlong(height, cell) * cellsAlong(width, cell)
  const missing = graph.op('IsNaN', [input], {}, { type: 'bool' })
  const known = graph.op(
    'Where',
    [missing, graph.f64(0), graph.cast(input, 'double')],
    {},
    { type: 'double' },
  )
  const reshape = (tensor: Tensor, ...dims: number[]) => graph.op('Reshape', [tensor, graph.i64(...dims)])
  const sum = (tensor: Tensor, keepdims = 0) => graph.op('ReduceSum', [tensor, graph.i64(1)], { keepdims })
  const pool = graph.constant(poolingOf(state), [size, cells])

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
function poolingOf({ height, width, cell }: GradientState): Float64Array {
  const [down, across] = [shares(height, cell), shares(width, cell)]
  const [tall, wide] = [cellsAlong(height, cell), cellsAlong(width, cell)]
  const table = new Float64Array(height * width * tall * wide)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < tall; i++)
        for (let j = 0; j < wide; j++, at++) table[at] = down[y * tall + i]! * across[x * wide + j]!
  return table
}

import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { cnn } from '../../src/algorithms/cnn.ts'
import { toRowMajor } from '../../src/data/features.ts'
import { emitModel, predictModel } from '../../src/models/index.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { defaults } from '../../src/params/space.ts'
import { pack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'

const SIDE = 10

/** A bar, upright or lying, somewhere in a noisy image: no pixel alone tells which. */
function bars(rows: number, seed: number): TrainingData {
  const rng = createRng(seed)
  const target = Float64Array.from({ length: rows }, () => rng.int(2))
  const columns = Array.from({ length: SIDE * SIDE }, (_, j) => ({
    kind: 'dense' as const,
    name: `pixel${j}`,
    values: Float32Array.from({ length: rows }, () => rng.int(80)),
  }))
  for (const [row, upright] of target.entries()) {
    const [top, left] = [rng.int(SIDE - 4), rng.int(SIDE - 4)]
    for (let step = 0; step < 5; step++) {
      const pixel = upright ? (top + step) * SIDE + left + 2 : (top + 2) * SIDE + left + step
      columns[pixel]!.values[row] = 120 + rng.int(100)
    }
  }
  return { features: { rows, columns }, target, task: 'binary', classes: 2 }
}

const image = { height: SIDE, width: SIDE, channels: 1, filters: 8, hidden: 64 }
const fit = (data: TrainingData, params: Record<string, number> = {}) =>
  cnn.fit(
    data,
    { ...defaults(cnn.space), ...image, ...params },
    { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1 },
  )

describe('cnn', () => {
  it('tells upright bars from lying ones wherever they are, the same natively and in ONNX', async () => {
    const test = bars(300, 2)
    const model = await fit(bars(1200, 1))
    const p = await predictModel(model, test.features)
    const hits = test.target.filter((label, row) => p[2 * row + label]! > 0.5).length
    expect(hits / 300).toBeGreaterThan(0.95)

    const graph = new Graph('test')
    graph.output('y', emitModel(model, graph, graph.input('x', 'float', ['N', SIDE * SIDE])), ['N', 2])
    const session = await openSession(graph.encode())
    const { y } = await session.run({ x: await feed(toRowMajor(test.features), [300, SIDE * SIDE]) })
    await session.release()
    for (const [i, value] of p.entries()) expect(Number(y!.data[i])).toBeCloseTo(value, 6)
  })

  it('tells colours apart in pictures of three planes', async () => {
    const side = 8
    const size = side * side
    const draw = (rows: number, seed: number): TrainingData => {
      const rng = createRng(seed)
      const target = Float64Array.from({ length: rows }, () => rng.int(3))
      const columns = Array.from({ length: 3 * size }, (_, j) => ({
        kind: 'dense' as const,
        name: `c${j}`,
        values: Float32Array.from({ length: rows }, () => rng.int(100)),
      }))
      // A bright spot of 2 × 2 somewhere, in one colour; the other two colours have as bright a line.
      for (const [row, colour] of target.entries()) {
        const [y, x] = [rng.int(side - 1), rng.int(side - 1)]
        for (const at of [0, 1, side, side + 1]) columns[colour * size + y * side + x + at]!.values[row] = 200
        for (const other of [(colour + 1) % 3, (colour + 2) % 3])
          for (let step = 0; step < 4; step++)
            columns[other * size + ((y * side + step * (side + 1)) % size)]!.values[row] = 200
      }
      return { features: { rows, columns }, target, task: 'multiclass', classes: 3 }
    }
    const test = draw(200, 2)
    const model = await fit(draw(1200, 1), { height: side, width: side, channels: 3 })
    const p = await predictModel(model, test.features)
    const hits = test.target.filter((label, row) => p[3 * row + label]! > 0.5).length
    expect(hits / 200).toBeGreaterThan(0.8)
  })

  it('gives the same bytes for the same seed, with and without bends', async () => {
    const data = bars(120, 3)
    for (const bend of [0, 1])
      expect(pack(await fit(data, { bend }))).toEqual(pack(await fit(data, { bend })))
  })

  it('is unfit unless told how large the images are, and that size is the number of features', async () => {
    const shape = { task: 'binary', rows: 100, features: SIDE * SIDE, classes: 2 } as const
    expect(cnn.unfit!(shape)).toMatch(/not known/)
    expect(cnn.unfit!(shape, image)).toBeUndefined()
    expect(cnn.unfit!(shape, { ...image, channels: 3 })).toMatch(/100 features are not/)
    await expect(fit(bars(50, 4), { height: 9 })).rejects.toMatchObject({ code: 'E_NOT_IMAGES' })
  })
})

import { describe, expect, it } from 'vitest'
import { selectRank, takeMedian, withoutNaN } from '../../src/transforms/order.ts'
import { principalDirections } from '../../src/transforms/principal-directions.ts'
import { createRng } from '../../src/util/rng.ts'

/** A symmetric matrix with these eigenvalues and random eigenvectors (Householder reflections of a diagonal). */
function symmetric(
  values: readonly number[],
  seed: number,
): { matrix: Float64Array; vectors: Float64Array[] } {
  const width = values.length
  const rng = createRng(seed)
  const vectors = values.map((_, k) => Float64Array.from({ length: width }, (_, j) => Number(j === k)))
  for (let turn = 0; turn < 3; turn++) {
    const axis = Float64Array.from({ length: width }, () => rng.normal())
    const square = axis.reduce((sum, value) => sum + value * value, 0)
    for (const vector of vectors) {
      const along = vector.reduce((sum, value, j) => sum + value * axis[j]!, 0)
      for (let j = 0; j < width; j++) vector[j]! -= (2 * along * axis[j]!) / square
    }
  }
  const matrix = new Float64Array(width * width)
  for (const [k, vector] of vectors.entries())
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) matrix[i * width + j]! += values[k]! * vector[i]! * vector[j]!
  return { matrix, vectors }
}

describe('principalDirections', () => {
  it.each([40, 300])('recovers the eigenvectors a matrix of width %d was made from', width => {
    const { matrix, vectors } = symmetric(
      Array.from({ length: width }, (_, k) => 100 * 0.9 ** k),
      width,
    )
    const found = principalDirections(matrix, width, 10, createRng(1))
    for (let k = 0; k < 10; k++) {
      const overlap = vectors[k]!.reduce((sum, value, j) => sum + value * found[j * 10 + k]!, 0)
      expect(Math.abs(overlap)).toBeCloseTo(1, 8)
    }
  })

  it('finds every direction of a matrix with repeated and zero eigenvalues', () => {
    const width = 250
    const { matrix } = symmetric(
      Array.from({ length: width }, (_, k) => (k < 5 ? 3 : k < 8 ? 1 : 0)),
      4,
    )
    const count = 8
    const found = principalDirections(matrix, width, count, createRng(1))
    const column = (k: number) => Float64Array.from({ length: width }, (_, j) => found[j * count + k]!)
    for (let a = 0; a < count; a++) {
      const image = column(a).map((_, i) =>
        column(a).reduce((sum, value, j) => sum + matrix[i * width + j]! * value, 0),
      )
      for (let b = 0; b < count; b++) {
        const product = column(a).reduce((sum, value, j) => sum + value * column(b)[j]!, 0)
        expect(product).toBeCloseTo(Number(a === b), 8)
        const energy = image.reduce((sum, value, j) => sum + value * column(b)[j]!, 0)
        expect(energy).toBeCloseTo(a === b ? (a < 5 ? 3 : 1) : 0, 5)
      }
    }
  })
})

describe('selectRank', () => {
  it('finds what sorting finds, with many equal values and after other ranks were found', () => {
    const rng = createRng(2)
    for (let round = 0; round < 200; round++) {
      const values = Float32Array.from({ length: 1 + rng.int(60) }, () => rng.int(1 + rng.int(20)) - 5)
      const sorted = values.slice().sort()
      const shuffled = values.slice()
      for (const k of [0, rng.int(values.length), values.length - 1])
        expect(selectRank(shuffled, k)).toBe(sorted[k])
      expect(shuffled.sort()).toEqual(sorted)
      const half = values.length / 2
      expect(takeMedian(values)).toBe((sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2)
    }
  })

  it('leaves out what is no number', () => {
    expect(withoutNaN(Float32Array.of(NaN, 2, NaN, 1))).toEqual(Float32Array.of(2, 1))
    expect(takeMedian(new Float32Array(0))).toBeNaN()
  })
})

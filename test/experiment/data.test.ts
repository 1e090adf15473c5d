import { expect, it } from 'vitest'
import { onePerRow } from '../../src/experiment/data.ts'

it('means the outputs of rows that were scored several times, in order of their first score', () => {
  const { rows, outputs } = onePerRow(Int32Array.of(3, 1, 1, 3), Float64Array.of(1, 2, 3, 4, 5, 8, 9, 0), 2)
  expect([...rows]).toEqual([3, 1])
  expect([...outputs]).toEqual([5, 1, 4, 6])
})
it('gives back what it was given where every row was scored once', () => {
  const [rows, outputs] = [Int32Array.of(2, 0), Float64Array.of(1, 2)]
  expect(onePerRow(rows, outputs, 1)).toEqual({ rows, outputs })
})

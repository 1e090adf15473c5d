import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Dataset, NumericColumn } from '../../src/data/dataset.ts'
import { chooseCoalitions } from '../../src/explain/coalitions.ts'
import { kernelShap, type Player } from '../../src/explain/kernel-shap.ts'
import { createRng } from '../../src/util/rng.ts'

// Made by test/fixtures/kernel-shap.py, which names the versions.
const golden = JSON.parse(readFileSync(new URL('../fixtures/kernel-shap.json', import.meta.url), 'utf8')) as {
  readonly background: number[][]
  readonly rows: number[][]
  readonly base: number[]
  readonly values: number[][][]
}

const table = (rows: readonly (readonly number[])[]): Dataset => ({
  name: 'toy',
  rows: rows.length,
  columns: rows[0]!.map((_, j) => ({
    kind: 'numeric',
    name: `x${j}`,
    values: Float64Array.from(rows, row => row[j]!),
  })),
})
const cells = ({ columns, rows }: Dataset): number[][] =>
  Array.from({ length: rows }, (_, row) => columns.map(column => (column as NumericColumn).values[row]!))
const singles = (count: number): Player[] =>
  Array.from({ length: count }, (_, j) => ({ name: `x${j}`, columns: [`x${j}`] }))

const answer = (dataset: Dataset): Promise<Float64Array> =>
  Promise.resolve(
    Float64Array.from(
      cells(dataset).flatMap(([a, b, c, d, e, f]) => [
        a! * b! + 2 * c! + Math.sin(3 * d!) * (e! > 0 ? 1 : 0),
        Math.exp(-(a! ** 2)) + f!,
      ]),
    ),
  )

const rng = createRng(11)
const normal = (rows: number, columns: number) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.normal()))

describe('KernelSHAP', () => {
  it('is what the shap package finds over all subsets', async () => {
    const found = await kernelShap(answer, table(golden.rows), {
      players: singles(6),
      background: table(golden.background),
      width: 2,
      samples: 62,
      seed: 1,
    })
    expect(found.exact).toBe(true)
    expect([...found.base].map((value, k) => Math.abs(value - golden.base[k]!) < 1e-9)).toEqual([true, true])
    const expected = golden.values.flat(2)
    for (const [i, value] of found.values.entries()) expect(value).toBeCloseTo(expected[i]!, 7)
  })

  it('of a line is weight times distance from the mean, from few subsets and with columns grouped', async () => {
    const weights = Array.from({ length: 30 }, (_, j) => (j % 7) - 3)
    const line = (dataset: Dataset) =>
      Promise.resolve(
        Float64Array.from(cells(dataset), row => row.reduce((sum, x, j) => sum + x * weights[j]!, 1)),
      )
    const [rows, background] = [normal(3, 30), normal(8, 30)]
    const players = [...singles(28), { name: 'both', columns: ['x28', 'x29'] }]
    const { values, exact } = await kernelShap(line, table(rows), {
      players,
      background: table(background),
      width: 1,
      samples: 200,
      seed: 3,
    })
    expect(exact).toBe(false)
    const part = (row: number, j: number) =>
      weights[j]! * (rows[row]![j]! - background.reduce((sum, one) => sum + one[j]!, 0) / background.length)
    for (let row = 0; row < 3; row++) {
      for (let j = 0; j < 28; j++) expect(values[row * 29 + j]).toBeCloseTo(part(row, j), 8)
      expect(values[row * 29 + 28]).toBeCloseTo(part(row, 28) + part(row, 29), 8)
    }
  })

  it('sums to answer less base, whatever the function and the sample', async () => {
    const rows = table(normal(5, 6).map(row => [...row, ...normal(1, 10)[0]!]))
    const options = { players: singles(16), background: table(normal(6, 16)), width: 2, samples: 90, seed: 5 }
    const { base, answers, values } = await kernelShap(answer, rows, options)
    for (let row = 0; row < 5; row++)
      for (let k = 0; k < 2; k++) {
        let sum = base[k]!
        for (let player = 0; player < 16; player++) sum += values[(row * 16 + player) * 2 + k]!
        expect(sum).toBeCloseTo(answers[row * 2 + k]!, 10)
      }
    expect((await kernelShap(answer, rows, options)).values).toEqual(values)
  })

  it('gives all to a single player', async () => {
    const { values, base, answers } = await kernelShap(answer, table(golden.rows), {
      players: [{ name: 'all', columns: singles(6).map(({ name }) => name) }],
      background: table(golden.background),
      width: 2,
      samples: 10,
      seed: 1,
    })
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(answers[i]! - base[i % 2]!, 12)
  })
})

describe('the subsets', () => {
  it('are all of them once when the sample is large enough', () => {
    const { count, exact, masks, weights } = chooseCoalitions(5, 30, 1)
    expect([count, exact]).toEqual([30, true])
    const seen = new Set(Array.from({ length: 30 }, (_, i) => masks.subarray(i * 5, i * 5 + 5).join('')))
    expect(seen.size).toBe(30)
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
  })

  it('of a sample stand beside their complements, with weights that sum to 1', () => {
    const { count, players, masks, weights } = chooseCoalitions(20, 100, 1)
    expect(count).toBeLessThanOrEqual(100)
    const keys = Array.from({ length: count }, (_, i) =>
      masks.subarray(i * players, (i + 1) * players).join(''),
    )
    const flipped = keys.map(key => key.replace(/./g, bit => (bit === '0' ? '1' : '0')))
    expect(new Set(flipped)).toEqual(new Set(keys))
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
  })
})

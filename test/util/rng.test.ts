import { expect, it } from 'vitest'
import { createRng, hashSeed } from '../../src/util/rng.ts'

it('repeats a stream for a seed and gives different streams for different seeds', () => {
  const draw = (seed: number) => Array.from({ length: 8 }, createRng(seed).next)
  expect(draw(5)).toEqual(draw(5))
  expect(draw(5)).not.toEqual(draw(6))
})

it('draws uniform numbers: mean, variance and a chi-square over 100 cells as expected', () => {
  const rng = createRng(1)
  const cells = new Float64Array(100)
  let sum = 0
  let squares = 0
  const n = 200_000
  for (let i = 0; i < n; i++) {
    const x = rng.next()
    sum += x
    squares += x * x
    cells[Math.floor(x * 100)]!++
  }
  expect(sum / n).toBeCloseTo(0.5, 2)
  expect(squares / n - (sum / n) ** 2).toBeCloseTo(1 / 12, 3)
  const chi = cells.reduce((total, count) => total + (count - n / 100) ** 2 / (n / 100), 0)
  expect(chi).toBeLessThan(150) // 99.9 % point of chi-square with 99 degrees of freedom is 148.2
})

it('draws normal numbers with mean 0, variance 1 and 4.55 % beyond two deviations', () => {
  const rng = createRng(2)
  const values = Float64Array.from({ length: 100_000 }, rng.normal)
  const mean = values.reduce((a, b) => a + b) / values.length
  expect(mean).toBeCloseTo(0, 1)
  expect(values.reduce((a, b) => a + b * b, 0) / values.length).toBeCloseTo(1, 1)
  expect(values.filter(value => Math.abs(value) > 2).length / values.length).toBeCloseTo(0.0455, 2)
})

it('shuffles every order of three with equal chance', () => {
  const rng = createRng(3)
  const seen = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const key = rng.shuffle([1, 2, 3]).join('')
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  expect(seen.size).toBe(6)
  for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(130)
})

it('hashes parts to seeds that depend on each part and its type', () => {
  expect(hashSeed(1, 2)).toBe(hashSeed(1, 2))
  expect(
    new Set([hashSeed(1, 2), hashSeed(2, 1), hashSeed('1', 2), hashSeed(12), hashSeed(1, '2')]).size,
  ).toBe(5)
})

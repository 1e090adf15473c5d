import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { choice, float, int } from '../../src/params/space.ts'
import type { FinishedTrial } from '../../src/tune/sampler.ts'
import { SOBOL_DIMENSIONS, sobol, sobolBits } from '../../src/tune/samplers/sobol.ts'
import { createRng } from '../../src/util/rng.ts'
import { complete } from './helpers.ts'

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/tune/goldens.json', import.meta.url), 'utf8'),
) as {
  sobol: number[][]
}

describe('the Sobol sequence', () => {
  it('is that of SciPy in all its dimensions', () => {
    expect(goldens.sobol[0]).toHaveLength(SOBOL_DIMENSIONS)
    for (const [index, row] of goldens.sobol.entries()) {
      expect(row.map((_, dimension) => sobolBits(index, dimension))).toEqual(row)
    }
  })
  it('puts one point into each of 256 slices of every range, and 8 into each of 32 cells of every pair', () => {
    const points = (dimension: number) => Array.from({ length: 256 }, (_, i) => sobolBits(i, dimension))
    for (let d = 0; d < SOBOL_DIMENSIONS; d++) {
      expect(new Set(points(d).map(bits => bits >>> 24)).size).toBe(256)
    }
    const cells = points(0).map((bits, i) => (bits >>> 29) * 4 + (points(1)[i]! >>> 30))
    expect(new Set(cells).size).toBe(32)
    for (let cell = 0; cell < 32; cell++) expect(cells.filter(other => other === cell)).toHaveLength(8)
  })
  it('covers whole numbers and choices evenly', () => {
    const space = { depth: int(1, 8, 3), kind: choice(['a', 'b', 'c', 'd']), x: float(0, 1, 0) }
    const trials: FinishedTrial[] = []
    for (let i = 0; i < 64; i++) trials.push(complete(sobol.ask(space, trials, createRng(i)), 0))
    for (let depth = 1; depth <= 8; depth++) {
      expect(trials.filter(({ params }) => params['depth'] === depth)).toHaveLength(8)
    }
    expect(trials.filter(({ params }) => params['kind'] === 'c')).toHaveLength(16)
  })
  it('goes on by the rng beyond the dimensions it knows', () => {
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, float(0, 1, 0)]))
    const a = sobol.ask(wide, [], createRng(1))
    const b = sobol.ask(wide, [], createRng(2))
    expect(a['p20']).toBe(b['p20'])
    expect(a['p21']).not.toBe(b['p21'])
  })
})

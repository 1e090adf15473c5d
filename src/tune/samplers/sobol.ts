import { fromUnit, type Space } from '../../params/space.ts'
import { hashSeed, type Rng } from '../../util/rng.ts'
import { fillGroups } from '../groups.ts'
import type { Sampler } from '../sampler.ts'

const BITS = 32

// Degree, coefficients and initial direction numbers of dimensions 2–21, as Joe & Kuo 2008 chose them.
const JOE_KUO: readonly (readonly [degree: number, coefficients: number, initial: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
]
export const SOBOL_DIMENSIONS = JOE_KUO.length + 1

/** Direction numbers of one dimension (0-based), the binary point left of bit 31 (Bratley & Fox 1988). */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS)
  if (dimension === 0) return v.map((_, bit) => 2 ** (BITS - 1 - bit))
  const [degree, coefficients, initial] = JOE_KUO[dimension - 1]!
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      v[bit] = initial[bit]! * 2 ** (BITS - 1 - bit)
      continue
    }
    v[bit] = v[bit - degree] ^ (v[bit - degree] >>> degree)
    for (let k = 1; k < degree; k++) {
      if ((coefficients >>> (degree - 1 - k)) & 1) v[bit] ^= v[bit - k]
    }
  }
  return v
}

const tables: Uint32Array[] = [] // filled as dimensions are asked for

/** Coordinate `dimension` (below `SOBOL_DIMENSIONS`) of point `index` of the Sobol sequence in Gray-code order, as 32 bits. */
export function sobolBits(index: number, dimension: number): number {
  const v = (tables[dimension] ??= directions(dimension))
  let bits = 0
  for (let gray = index ^ (index >>> 1), bit = 0; gray !== 0; gray >>>= 1, bit++) if (gray & 1) bits ^= v[bit]
  return bits >>> 0
}

/** Point `index` of the sequence, each dimension moved by a digital shift that depends on the space alone. */
function unit(space: Space, name: string, index: number, rng: Rng): number {
  const names = Object.keys(space)
  const dimension = names.indexOf(name)
  if (dimension >= SOBOL_DIMENSIONS) return rng.next()
  return ((sobolBits(index, dimension) ^ hashSeed('sobol', dimension, names.join())) >>> 0) / 2 ** BITS
}

/** The next point of a low-discrepancy sequence: `history.length` counts the points already taken. */
export const sobol: Sampler = {
  name: 'sobol',
  summary: 'A Sobol sequence: draws that fill the space evenly, without clumps or gaps.',
  ask: (space, history, rng) =>
    fillGroups(space, names =>
      Object.fromEntries(
        names.map(name => [name, fromUnit(space[name]!, unit(space, name, history.length, rng))]),
      ),
    ),
}

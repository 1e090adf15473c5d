import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../src/util/pack.ts'

describe('pack', () => {
  it('gives back any plain value with its typed arrays', () => {
    const value = {
      name: 'größe 😀',
      list: [1, 'two', null, true, NaN, -Infinity],
      deep: { f: Float32Array.of(1, NaN, -0), i: Int32Array.of(-1, 2), empty: new Uint8Array(0) },
      u16: Uint16Array.of(65535),
      buffer: new Float64Array([0.1, 1e300]),
    }
    expect(unpack(pack(value))).toEqual(value)
  })

  it('keeps keys that are dangerous as properties', () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "2": 2, "1": 1}') as object
    const back = unpack(pack(value)) as object
    expect(Object.keys(back)).toEqual(Object.keys(value))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect((back as { admin?: boolean }).admin).toBeUndefined()
  })

  it('is a pure function of the value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.float64Array(), fc.string(), fc.double(), fc.boolean())),
        value => {
          expect(Buffer.from(pack(value)).equals(Buffer.from(pack(structuredClone(value))))).toBe(true)
          expect(unpack(pack(value))).toEqual({ ...value })
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it('reads from a Buffer in the middle of a pool', () => {
    const value = { a: Float64Array.of(1, 2), b: new Uint8Array(0) }
    expect(unpack(Buffer.from(pack(value)))).toEqual(value)
  })

  it('refuses what is not its own, of another version, or cut short', () => {
    const bytes = pack({ a: new Float64Array(100) })
    expect(() => unpack(new Uint8Array(40))).toThrow(/not ours/)
    expect(() => unpack(bytes.subarray(0, bytes.length - 8))).toThrow(/was cut/)
    const other = bytes.slice()
    other[4] = 9
    expect(() => unpack(other)).toThrow(/version 9/)
  })
})

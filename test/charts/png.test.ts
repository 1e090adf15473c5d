import { crc32 as zlibCrc32, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32, encodePng } from '../../src/charts/png.ts'

const values = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => (i * 37) % 256)

function chunks(png: Uint8Array) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const found: { type: string; data: Uint8Array; crc: number; checked: Uint8Array }[] = []
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at)
    found.push({
      type: Buffer.from(png.subarray(at + 4, at + 8)).toString(),
      data: png.subarray(at + 8, at + 8 + length),
      crc: view.getUint32(at + 8 + length),
      checked: png.subarray(at + 4, at + 8 + length),
    })
    at += 12 + length
  }
  return found
}

describe('a PNG', () => {
  it.each([1, 3] as const)('holds its pixels line by line with %i channels', channels => {
    const width = 12 / channels
    const [header, data, end] = chunks(encodePng({ width, height: 3, channels, values }))
    expect([header!.type, data!.type, end!.type]).toEqual(['IHDR', 'IDAT', 'IEND'])
    expect([...header!.data]).toEqual([0, 0, 0, width, 0, 0, 0, 3, 8, channels === 1 ? 0 : 2, 0, 0, 0])
    const lines = [...inflateSync(data!.data)]
    expect(lines).toEqual([0, 1, 2].flatMap(y => [0, ...values.subarray(12 * y, 12 * y + 12)]))
  })

  it('checks every chunk', () => {
    for (const { crc, checked } of chunks(encodePng({ width: 4, height: 3, channels: 3, values }))) {
      expect(crc).toBe(crc32(checked))
    }
  })
})

describe('CRC-32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  })

  it.skipIf(zlibCrc32 === undefined)('agrees with zlib (Node 20.15 and later)', () => {
    expect(crc32(values)).toBe(zlibCrc32(values))
  })
})

import { isMissingText } from './missing.ts'
import type { TextStore } from './stores.ts'

/** Which cells have no value. */
export interface Holes {
  isMissing(text: string): boolean
  /** Told by the bytes alone, without making a string: true says that the cell has a value for certain. */
  isValue(bytes: Uint8Array, start: number, end: number): boolean
}

export function holesOf(tokens: ReadonlySet<string>): Holes {
  let longest = 0
  for (const token of tokens) longest = Math.max(longest, Buffer.byteLength(token))
  return {
    isMissing: text => isMissingText(text, tokens),
    isValue: (bytes, start, end) => end - start > longest && isInk(bytes[start]!) && isInk(bytes[end - 1]!),
  }
}

/** No blank of any kind. */
const isInk = (byte: number): boolean => byte > 32 && byte < 127

/** 1 for rows without a value. */
export function findHoles(store: TextStore, { isMissing, isValue }: Holes): Uint8Array {
  const missing = new Uint8Array(store.length)
  store.forEach((bytes, start, end, row) => {
    if (!isValue(bytes, start, end) && isMissing(bytes.toString('utf8', start, end))) missing[row] = 1
  })
  return missing
}

/** Different texts of the rows that have a value, told apart by 53 bits of hash. */
export function countDistinct(store: TextStore, missing: Uint8Array): number {
  const hashes = new Float64Array(store.length)
  let present = 0
  store.forEach((bytes, start, end, row) => {
    if (missing[row]) return
    let a = 0x811c9dc5
    let b = end - start
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte, 0x5bd1e995)
      b ^= b >>> 15
    }
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
    b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
    hashes[present++] = ((a ^ (a >>> 13)) >>> 0) * 0x200000 + ((b ^ (b >>> 16)) & 0x1fffff)
  })
  const sorted = hashes.subarray(0, present).sort()
  let distinct = 0
  for (let i = 0; i < present; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++
  return distinct
}

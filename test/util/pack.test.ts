import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../src/util/pack.ts'

describe('unpack', () => {
  it('reads the same from bytes in memory and from a small file', () => {
    const value = {
      name: 'x',
      values: Float64Array.of(1.5, NaN),
      codes: Int32Array.of(-1, 7),
      none: new Uint8Array(0),
    }
    const path = join(mkdtempSync(join(tmpdir(), 'glasspilot-pack-')), 'value.pack')
    writeFileSync(path, pack(value))
    expect(unpack(pack(value))).toEqual(value)
    expect(unpack(readFileSync(path))).toEqual(value)
  })
})

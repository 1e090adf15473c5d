import { mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCache, writeCache } from '../../src/data/cache.ts'
import type { Column, Dataset } from '../../src/data/dataset.ts'
import { readDataset } from '../../src/data/read.ts'
import { sha256File } from '../../src/util/files.ts'
import { file } from './files.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'glasspilot-cache-'))
const mixed = () =>
  readDataset(file('n,w,d,__proto__\n1.5,größe,2020-01-02,a long text about nothing\n,"a,b",2021-01-02,\n'), {
    overrides: { __proto__: 'text' },
  }).then(({ dataset }) => dataset)

describe('the column cache', () => {
  it('gives back every kind of column as it was', async () => {
    const dataset = await mixed()
    const at = folder()
    writeCache(at, dataset)
    expect(openCache(at)).toEqual(dataset)
  })

  it('names the file, hash and size of each column', async () => {
    const dataset = await mixed()
    const at = folder()
    const { columns } = writeCache(at, dataset)
    expect(columns.map(column => column.name)).toEqual(['n', 'w', 'd', '__proto__'])
    for (const column of columns) expect(await sha256File(join(at, column.file))).toBe(column.sha256)
  })

  it('writes the same bytes for the same data', async () => {
    const dataset = await mixed()
    expect(writeCache(folder(), dataset)).toEqual(writeCache(folder(), dataset))
  })

  it('holds ten thousand columns in a handful of files', () => {
    const columns = Array.from({ length: 10_000 }, (_, j): Column => ({
      kind: 'numeric',
      name: `f${j}`,
      values: Float32Array.of(j, j + 1, NaN),
    }))
    const wide: Dataset = { name: 'wide', rows: 3, columns }
    const at = folder()
    const written = writeCache(at, wide)
    expect(new Set(written.columns.map(column => column.file)).size).toBe(1)
    expect(openCache(at)).toEqual(wide)
  })

  it('holds a table of no rows and a table of no columns', () => {
    for (const dataset of [
      { name: 'none', rows: 0, columns: [{ kind: 'numeric', name: 'a', values: new Float32Array(0) }] },
      { name: 'bare', rows: 0, columns: [] },
    ] satisfies Dataset[]) {
      const at = folder()
      writeCache(at, dataset)
      expect(openCache(at)).toEqual(dataset)
    }
  })

  it('refuses a folder without a cache, a block cut short, a newer version and an index that is not ours', async () => {
    expect(() => openCache(folder())).toThrow(expect.objectContaining({ code: 'E_NO_CACHE' }))
    const dataset = await mixed()
    const cut = folder()
    const [first] = writeCache(cut, dataset).columns
    truncateSync(join(cut, first!.file), statSync(join(cut, first!.file)).size - 9)
    expect(() => openCache(cut)).toThrow(expect.objectContaining({ code: 'E_BAD_FORMAT' }))
    const newer = folder()
    writeCache(newer, dataset)
    const index = readFileSync(join(newer, 'index.json'), 'utf8')
    writeFileSync(join(newer, 'index.json'), index.replace('"version":1', '"version":2'))
    expect(() => openCache(newer)).toThrow(expect.objectContaining({ code: 'E_BAD_VERSION' }))
    writeFileSync(join(newer, 'index.json'), '[]')
    expect(() => openCache(newer)).toThrow(expect.objectContaining({ code: 'E_BAD_FORMAT' }))
    writeFileSync(join(newer, 'index.json'), index.replace('"rows":2', '"rows":3'))
    expect(() => openCache(newer)).toThrow(expect.objectContaining({ code: 'E_BAD_FORMAT' }))
  })
})

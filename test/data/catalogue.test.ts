import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { listDatasets, resolveDataset } from '../../src/data/catalogue.ts'
import { download } from '../../src/data/download.ts'
import { readDataset } from '../../src/data/read.ts'
import { makeSample, sampleNames } from '../../src/data/samples.ts'
import { makeTarget } from '../../src/data/target.ts'
import { sha256 } from '../../src/util/files.ts'
import { file } from './files.ts'

const temporary = () => mkdtempSync(join(tmpdir(), 'glasspilot-catalogue-'))
const datasets = resolve(import.meta.dirname, '../../datasets')

beforeEach(() => {
  vi.stubEnv('GLASSPILOT_DATASETS', '')
  vi.stubEnv('XDG_CACHE_HOME', temporary())
})
afterEach(() => vi.unstubAllEnvs())

describe('resolveDataset', () => {
  it('takes a path as it is', async () => {
    const path = file('a,b\n1,2\n', 'my table.csv')
    expect(await resolveDataset(path)).toEqual({ name: 'my table', train: path })
    expect(await resolveDataset('./not/there.csv')).toMatchObject({ train: './not/there.csv' })
  })

  it('finds a single file, a pair and the target in the data folder', async () => {
    const folder = temporary()
    vi.stubEnv('GLASSPILOT_DATASETS', folder)
    for (const name of ['one.csv.gz', 'two_train.csv', 'two_test.csv'])
      writeFileSync(join(folder, name), 'a,b\n')
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify([{ file: 'two_train.csv', target: 'b' }]))
    expect(await resolveDataset('one')).toEqual({ name: 'one', train: join(folder, 'one.csv.gz') })
    expect(await resolveDataset('two')).toEqual({
      name: 'two',
      train: join(folder, 'two_train.csv'),
      test: join(folder, 'two_test.csv'),
      target: 'b',
    })
  })

  it('makes the small copy of MNIST once, stratified, and says that it is small', async () => {
    const first = await resolveDataset('mnist')
    expect(first).toMatchObject({
      name: 'mnist',
      target: 'label',
      note: expect.stringContaining('small') as string,
    })
    const before = readFileSync(first.train)
    expect(await resolveDataset('mnist')).toEqual(first)
    expect(sha256(readFileSync(first.train))).toBe(sha256(before))
    const train = await readDataset(first.train, { target: 'label' })
    const test = await readDataset(first.test!, { schema: train.schema })
    expect([train.dataset.rows, test.dataset.rows]).toEqual([8000, 2000])
    expect(train.dataset.columns).toHaveLength(785)
    expect(train.dataset.columns[784]!.name).toBe('28x28')
    const target = makeTarget(train.dataset, 'label').target
    expect(target).toMatchObject({
      task: 'multiclass',
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    })
    const counts = Array.from(
      { length: 10 },
      (_, digit) => target.values.filter(value => value === digit).length,
    )
    expect(Math.min(...counts)).toBeGreaterThan(680)
    expect(Math.max(...counts)).toBeLessThan(910)
  })

  it('suggests the nearest name, and says what to do when there is no copy', async () => {
    await expect(resolveDataset('mnits')).rejects.toMatchObject({
      code: 'E_NO_SUCH_FILE',
      exit: 'noInput',
      message: expect.stringContaining('"mnist"') as string,
    })
    await expect(resolveDataset('titanic')).rejects.toThrow(/GLASSPILOT_DATASETS/)
  })
})

describe('the catalogue', () => {
  it('lists every dataset once, with its target and task, the samples at hand', () => {
    const listed = listDatasets()
    expect(new Set(listed.map(entry => entry.name)).size).toBe(listed.length)
    for (const entry of listed) {
      expect(entry.target).not.toBe('')
      expect(['binary', 'multiclass', 'regression']).toContain(entry.task)
      expect(entry.licence).not.toBe('')
    }
    expect(listed.filter(entry => entry.file !== undefined).map(entry => entry.name)).toEqual(sampleNames)
    expect(listed.filter(entry => entry.available).map(entry => entry.name)).toEqual([
      ...sampleNames,
      'mnist',
    ])
  })

  it.each(sampleNames)('%s is what the generator makes, and has the task the catalogue says', async name => {
    const path = join(datasets, `${name}.csv`)
    if (process.env['UPDATE_SAMPLES']) writeFileSync(path, makeSample(name))
    expect(readFileSync(path, 'utf8')).toBe(makeSample(name))
    const resolved = await resolveDataset(name)
    expect(resolved.train).toBe(path)
    const { dataset } = await readDataset(path, { target: resolved.target! })
    const entry = listDatasets().find(item => item.name === name)!
    expect(makeTarget(dataset, entry.target).target.task).toBe(entry.task)
  })
})

describe('download', () => {
  const serve = async (body: string, use: (url: string) => Promise<void>) => {
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
    await new Promise(ready => server.once('listening', ready))
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/table.csv`)
    } finally {
      server.close()
    }
  }

  it('keeps a file with the expected hash and nothing else', async () => {
    const folder = temporary()
    await serve('a,b\n1,2\n', async url => {
      await download({ url, sha256: sha256('a,b\n1,2\n') }, join(folder, 'good.csv'))
      expect(readFileSync(join(folder, 'good.csv'), 'utf8')).toBe('a,b\n1,2\n')
      await expect(download({ url, sha256: sha256('other') }, join(folder, 'bad.csv'))).rejects.toMatchObject(
        {
          code: 'E_BAD_DOWNLOAD',
        },
      )
      expect(() => readFileSync(join(folder, 'bad.csv'))).toThrow(/ENOENT/)
    })
  })

  it('says that the network is the trouble when nobody answers', async () => {
    await expect(
      download({ url: 'http://127.0.0.1:1/x', sha256: '' }, join(temporary(), 'x')),
    ).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      exit: 'unreachable',
    })
  })
})

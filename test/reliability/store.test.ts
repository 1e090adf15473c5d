import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../src/experiment/journal.ts'
import { prepareExperiment } from '../../src/experiment/prepare.ts'
import { createStore, openStore, readExperiment } from '../../src/experiment/store.ts'
import type { ExperimentSpec } from '../../src/experiment/types.ts'
import { VERSION } from '../../src/job/version.ts'
import { reportOf } from '../../src/job/report.ts'
import { repairExperiment, type Mended } from '../../src/job/repair.ts'
import { createRng } from '../../src/util/rng.ts'
import { runInProcess, smallSpec } from './in-process.ts'
import { cases, hashOf, note, resultOf, writeClouds } from './soak.ts'

/** Journals: one that is gone, the others with a flipped bit. */
const DAMAGED = cases(3, 12)

let root: string
let spec: ExperimentSpec
let reference: string
let made = 0

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

const hashesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(filesIn(folder).map(file => [file, hashOf(join(folder, file))]))

/** A copy of the finished experiment to spoil. */
function copy(): string {
  // Under its own name: notebooks tell it.
  const folder = join(root, `copy-${made++}`, 'reference')
  cpSync(reference, folder, { recursive: true })
  return folder
}

const notWhole = (mended: readonly Mended[]): Record<string, string> =>
  Object.fromEntries(
    mended
      .filter(({ found }) => found !== 'whole')
      .map(({ file, found, done }) => [file, `${found}, ${done}`]),
  )

function spoil(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'store-'))
  spec = await smallSpec(root)
  reference = join(root, 'reference')
  const store = createStore(reference, spec, '0')
  await runInProcess(store)
  store.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('an experiment folder', () => {
  it('is for its owner alone, every file of it', () => {
    for (const file of filesIn(reference))
      expect([file, statSync(join(reference, file)).mode & 0o777]).toEqual([file, 0o600])
    for (const entry of readdirSync(reference, { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) expect(statSync(join(entry.parentPath, entry.name)).mode & 0o777).toBe(0o700)
    expect(statSync(reference).mode & 0o777).toBe(0o700)
  })

  it('says its format version in every file but the tables for people', () => {
    for (const file of filesIn(reference)) {
      const bytes = readFileSync(join(reference, file))
      if (file.endsWith('.csv')) continue
      if (file.endsWith('.jsonl'))
        expect(readExperiment(reference).records[0]).toMatchObject({ formatVersion: 1 })
      else if (file.endsWith('.json')) {
        const value = JSON.parse(bytes.toString()) as Record<string, unknown>
        expect([file, value['formatVersion'] ?? value['version']]).toEqual([file, 1])
      } else if (file.endsWith('.ipynb')) expect(JSON.parse(bytes.toString())).toMatchObject({ nbformat: 4 })
      else if (file.endsWith('.onnx')) expect(bytes.length).toBeGreaterThan(0)
      else expect([file, bytes.subarray(0, 4).toString(), bytes.readUInt32LE(4)]).toEqual([file, 'GLPK', 1])
    }
  })

  it('of a later version is refused by its name, and nothing in it is changed', () => {
    for (const file of ['experiment.json', 'events.jsonl']) {
      const folder = copy()
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      const [first = '', ...rest] = text.split('\n')
      if (file === 'experiment.json')
        writeFileSync(path, text.replace('"formatVersion": 1', '"formatVersion": 2'))
      else {
        const created = {
          ...(JSON.parse(first.slice(first.indexOf('{'))) as object),
          formatVersion: 2,
          version: '9.8.7',
        }
        writeFileSync(
          path,
          encodeRecord(created as Parameters<typeof encodeRecord>[0]).toString() + rest.join('\n'),
        )
      }
      const before = hashesOf(folder)
      for (const open of [() => openStore(folder).close(), () => readExperiment(folder)])
        expect(open).toThrow(
          file === 'experiment.json'
            ? /version 2, written by Glasspilot 0/
            : /version 2, written by Glasspilot 9\.8\.7/,
        )
      expect(hashesOf(folder)).toEqual(before)
    }
  })

  it('goes on only with the options and the data it began with, and tells what differs', async () => {
    const folder = copy()
    const path = join(folder, 'experiment.json')
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('"seed": 3', '"seed": 4').replace('"mode": "auto"', '"mode": "hpo"'),
    )
    expect(() => openStore(folder)).toThrow(
      /E_OPTIONS_CHANGED|mode was "auto" and is "hpo"; seed was 3 and is 4/,
    )

    const other = join(root, 'other')
    const data = join(root, 'other.csv')
    writeClouds(data)
    const text = readFileSync(data, 'utf8')
    const first = createStore(other, { ...spec, data }, '0')
    await prepareExperiment(first, () => {})
    first.close()
    const differences: [string, RegExp][] = [
      [
        text.replace(/^(.*\n.*\n)(-?[\d.]+)/, '$12.5'),
        /column "a" has 1 other cells \(first in row 2: .* is now 2\.5\)/,
      ],
      [text.split('\n').slice(0, 80).join('\n'), /90 rows were, 79 are/],
      [text.replace('a,b,c', 'a,bee,c'), /column "b" is gone; column "bee" is new/],
    ]
    for (const [changed, told] of differences) {
      writeFileSync(data, changed)
      const store = openStore(other)
      await expect(prepareExperiment(store, () => {})).rejects.toThrow(told)
      store.close()
    }
  })

  it('goes on only with the test file it began with, wherever that lies now, or without one', async () => {
    const test = join(root, 'test.csv')
    writeClouds(test, 30, 6)
    const folder = join(root, 'tested')
    const first = createStore(folder, { ...spec, test }, '0')
    await prepareExperiment(first, () => {})
    first.close()
    const again = async (path: string) => {
      const store = openStore(folder)
      try {
        await prepareExperiment({ ...store, spec: { ...store.spec, test: path } }, () => {})
      } finally {
        store.close()
      }
    }
    await again(test)
    const moved = join(root, 'moved.csv')
    cpSync(test, moved)
    await again(moved)
    writeClouds(test, 30, 7)
    await expect(again(test)).rejects.toMatchObject({
      code: 'E_DATA_CHANGED',
      message: expect.stringMatching(
        /^test file .*test\.csv is not what the experiment began with: other bytes/,
      ),
    })
    rmSync(test)
    await again(test)
  })
})

describe('repair', () => {
  it('finds nothing to do in a whole folder, and changes no byte of it', async () => {
    const folder = copy()
    expect(notWhole(await repairExperiment(folder))).toEqual({})
    expect(hashesOf(folder)).toEqual(hashesOf(reference))
  })

  it('makes everything but the journal anew, byte for byte', async () => {
    const started = performance.now()
    const folder = copy()
    for (const entry of readdirSync(folder))
      if (entry !== 'events.jsonl') rmSync(join(folder, entry), { recursive: true })
    const mended = await repairExperiment(folder)
    expect(mended.filter(({ done }) => done === 'lost')).toEqual([])
    expect(hashesOf(folder)).toEqual(hashesOf(reference))
    note({
      id: 'repair',
      what: 'every file but the journal deleted',
      cases: filesIn(reference).length - 1,
      result: 'all made anew, byte for byte',
      seconds: (performance.now() - started) / 1000,
    })
  })

  it('tells a spoilt file of every kind from whole ones, and mends it', async () => {
    const folder = copy()
    const spoilt = ['trials/0001/outputs.bin', 'trials/0002/pipeline.bin', 'trials/0003/trial.json', 'data/split.bin', 'leaderboard.csv', 'model/model.onnx'] // prettier-ignore
    for (const file of spoilt) spoil(join(folder, file), 200)
    writeFileSync(join(folder, '.tmp-0123456789ab'), 'half a file')
    expect(notWhole(await repairExperiment(folder))).toEqual({
      '.tmp-0123456789ab': 'left over, removed',
      'trials/0001': 'damaged, rebuilt',
      'trials/0002': 'damaged, rebuilt',
      'trials/0003/trial.json': 'damaged, rebuilt',
      'data/split.bin': 'damaged, rebuilt',
      'leaderboard.csv': 'damaged, rebuilt',
      'model/model.onnx': 'damaged, rebuilt',
    })
    expect(hashesOf(folder)).toEqual(hashesOf(reference))
  })

  it('makes a damaged report again as it was asked for, and none where there was none', async () => {
    const folder = copy()
    const [page, figures] = ['report.html', 'report.json'].map(name => join(folder, name)) as [string, string]
    const { html, json } = await reportOf(folder, { fast: true, sensitive: 'word' })
    const write = () => {
      writeFileSync(page, html)
      writeFileSync(figures, json)
    }
    const faults: [() => void, Record<string, string>][] = [
      [() => {}, {}],
      [() => spoil(page, 5000), { 'report.html': 'damaged, rebuilt' }],
      [() => spoil(figures, 50), { 'report.json': 'damaged, rebuilt' }],
      [() => rmSync(figures), { 'report.json': 'missing, rebuilt' }],
    ]
    for (const [spoilIt, told] of faults) {
      write()
      spoilIt()
      expect(notWhole(await repairExperiment(folder))).toEqual(told)
      expect([readFileSync(page, 'utf8'), readFileSync(figures, 'utf8')]).toEqual([html, json])
    }
    rmSync(page)
    const mended = await repairExperiment(folder)
    expect(mended.find(({ file }) => file === 'report.html')).toMatchObject({ found: 'missing', done: 'rebuilt', note: expect.stringContaining('how it was asked for') }) // prettier-ignore
    expect(readFileSync(page, 'utf8')).toContain('What the model leans on')
    for (const path of [page, figures]) rmSync(path)
    await repairExperiment(folder)
    expect(existsSync(page)).toBe(false)
  })

  it('keeps what is whole of a damaged journal and takes the rest from the files of the trials', async () => {
    const rng = createRng(7)
    for (let i = 0; i < DAMAGED; i++) {
      const folder = copy()
      const path = join(folder, 'events.jsonl')
      if (i === 0) rmSync(path)
      else spoil(path, rng.int(readFileSync(path).length - 100))
      if (i === 0) expect(() => openStore(folder)).toThrow(/is gone but there are trials/)
      else expect(() => openStore(folder)).toThrow(/is damaged after byte/)
      const [journal] = await repairExperiment(folder)
      expect(journal).toMatchObject({ file: 'events.jsonl', done: 'rebuilt' })
      expect(readExperiment(folder).trials).toEqual(readExperiment(reference).trials)
      const store = openStore(folder)
      await runInProcess(store)
      store.close()
      expect(resultOf(folder)).toBe(resultOf(reference))
    }
  })

  it('leaves an edited plan as it is, and says of what it cannot have again that it is lost', async () => {
    const folder = copy()
    const path = join(folder, 'candidates.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"reason": "[^"]*"/, '"reason": "mine"'))
    rmSync(join(folder, 'data'), { recursive: true })
    const away = `${spec.data as string}.away`
    cpSync(spec.data as string, away)
    rmSync(spec.data as string)
    const lost = (await repairExperiment(folder)).filter(({ done }) => done === 'lost')
    cpSync(away, spec.data as string)
    expect(lost.map(({ file }) => file)).toContain('data/split.bin')
    expect(readFileSync(path, 'utf8')).toContain('"reason": "mine"')
  })
})

describe('experiments of earlier versions', () => {
  const fixtures = resolve(import.meta.dirname, '../fixtures/experiments')

  it.runIf(process.env['GLASSPILOT_MAKE_EXPERIMENTS'])('are kept: this version adds its own', async () => {
    const folder = join(fixtures, VERSION)
    rmSync(folder, { recursive: true, force: true })
    const store = createStore(folder, { ...spec, maxCandidates: 2 }, VERSION)
    await runInProcess(store)
    store.close()
    for (const name of ['notebooks', 'model']) rmSync(join(folder, name), { recursive: true })
  })

  it.each(readdirSync(fixtures))(
    '%s opens, can be read, and its leaderboard comes out the same',
    async version => {
      const folder = join(root, `old-${version}`)
      cpSync(join(fixtures, version), folder, { recursive: true })
      chmodSync(folder, 0o700)
      const board = readFileSync(join(folder, 'leaderboard.csv'))
      expect(readExperiment(folder).trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE'])
      expect((await repairExperiment(folder)).filter(({ done }) => done === 'lost')).toEqual([])
      expect(readFileSync(join(folder, 'leaderboard.csv'))).toEqual(board)
      const store = openStore(folder)
      await runInProcess(store)
      store.close()
      expect(readFileSync(join(folder, 'leaderboard.csv'))).toEqual(board)
      expect(existsSync(join(folder, 'model', 'model.onnx'))).toBe(true)
    },
  )
})

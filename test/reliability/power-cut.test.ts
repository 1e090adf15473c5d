import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readOutputs, readPipeline } from '../../src/experiment/assemble.ts'
import { openData } from '../../src/experiment/data.ts'
import { decodeJournal, openJournal, readJournal } from '../../src/experiment/journal.ts'
import { createStore, openStore, readExperiment, type Store } from '../../src/experiment/store.ts'
import type { ExperimentSpec, Trial } from '../../src/experiment/types.ts'
import { sha256 } from '../../src/util/files.ts'
import { unpack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'
import { FATES, makeDisk, recordDisk, type Cut, type Recording } from './crash-disk.ts'
import { runInProcess, smallSpec } from './in-process.ts'
import { cases, fastFolder, note, resultOf, soakSeed } from './soak.ts'

const STATES = cases(200, 6000)
const RESUMED = cases(2, 60)
const rng = createRng(13 + soakSeed)

let root: string
let spec: ExperimentSpec
let recording: Recording
let trials: readonly Trial[]
/** Every content that a file ever had under its final name. */
const wholes = new Map<string, Set<string>>()
/** Boot id of this machine: after a power cut it is another. */
const boot = existsSync('/proc/sys/kernel/random/boot_id')
  ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  : undefined

/** Says what was promised whenever a record has been appended. */
const marked = (store: Store): Store => ({
  ...store,
  journal: {
    ...store.journal,
    append(record) {
      store.journal.append(record)
      recording.mark(record.type === 'trial' ? `trial ${record.trial.id}` : record.type)
    },
  },
})

const isFinal = (name: string) => !/(^|\/)\.(tmp-|lock)/.test(name) && !name.endsWith('events.jsonl')
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .filter(isFinal)

beforeAll(async () => {
  root = mkdtempSync(join(fastFolder(), 'power-'))
  spec = await smallSpec(root)
  mkdirSync(join(root, 'disk'))
  recording = recordDisk(join(root, 'disk'))
  const folder = join(root, 'disk', 'experiment')
  const store = createStore(folder, spec, '0')
  recording.mark('created')
  // Contents are noted after each promise: no file changes without one before it changes again.
  await runInProcess(marked(store))
  store.close()
  recording.stop()
  trials = readExperiment(folder).trials
  cpSync(folder, join(root, 'reference'), { recursive: true })
  const end = { calls: recording.calls.length, data: 'kept', names: 'kept' } as const
  for (let calls = 0; calls <= end.calls; calls++) {
    const call = recording.calls[calls - 1]
    if (call?.on !== 'folder' || call.call.type !== 'names') continue
    const [name, entry] = call.call.entries[0]!
    if (!entry || !('file' in entry) || !isFinal(name)) continue
    const path = relative(folder, join(call.folder, name))
    makeDisk(recording, { ...end, calls }, join(root, 'disk'), join(root, 'now'), rng)
    const known = wholes.get(path) ?? new Set()
    wholes.set(path, known.add(sha256(readFileSync(join(root, 'now', 'experiment', path)))))
    rmSync(join(root, 'now'), { recursive: true })
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** One possible disk, a new boot, and what had been promised. */
function after(cut: Cut, name: string): { folder: string; promised: Set<string> } {
  const target = join(root, name)
  const promised = new Set(makeDisk(recording, cut, join(root, 'disk'), target, rng))
  const folder = join(target, 'experiment')
  const lock = join(folder, '.lock')
  if (boot !== undefined && existsSync(lock))
    writeFileSync(lock, readFileSync(lock, 'latin1').replace(boot, boot.replace(/[0-9a-f]/g, '0')), 'latin1')
  return { folder, promised }
}

const cutAt = (i: number): Cut => ({
  calls: 1 + Math.floor((i / STATES) * recording.calls.length),
  data: FATES[rng.int(FATES.length)]!,
  names: FATES[rng.int(FATES.length)]!,
})

function opened(folder: string, promised: ReadonlySet<string>): Store {
  if (promised.has('created')) {
    readExperiment(folder)
    return openStore(folder)
  }
  return existsSync(join(folder, 'experiment.json')) ? openStore(folder) : createStore(folder, spec, '0')
}

describe('after a power cut', () => {
  it('every folder opens, no finished trial is lost, and nothing has half a file under its name', () => {
    const started = performance.now()
    let kept = 0
    for (let i = 0; i < STATES; i++) {
      const cut = cutAt(i)
      const { folder, promised } = after(cut, 'state')
      const what = JSON.stringify(cut)
      const store = opened(folder, promised)
      const found = new Map(
        store.journal.records.flatMap(record =>
          record.type === 'trial' ? [[record.trial.id, record.trial]] : [],
        ),
      )
      for (const trial of trials) {
        if (promised.has(`trial ${trial.id}`)) {
          expect(found.get(trial.id), what).toEqual(trial)
          kept++
        }
        if (!found.has(trial.id)) continue
        readOutputs(store.paths, trial.id)
        readPipeline(store.paths, trial.id)
      }
      if (store.journal.records.some(({ type }) => type === 'prepared')) openData(store.paths)
      for (const file of filesIn(folder)) {
        const hash = sha256(readFileSync(join(folder, file)))
        expect(wholes.get(file)?.has(hash), `${what}: ${file}`).toBe(true)
      }
      store.close()
      rmSync(join(root, 'state'), { recursive: true })
    }
    expect(kept).toBeGreaterThan(STATES)
    const seconds = (performance.now() - started) / 1000
    note({
      id: 'R13',
      what: 'power cut after any call: unsynced writes and names lost, reordered, torn, zeroed',
      cases: STATES,
      result: `0 folders that do not open; 0 of ${kept} promised trials lost; 0 half files under a final name`,
      seconds,
    })
  })

  it('an experiment goes on to the same leaderboard and model', async () => {
    const started = performance.now()
    for (let i = 0; i < RESUMED; i++) {
      const cut = { ...cutAt(0), calls: 1 + rng.int(recording.calls.length) }
      const { folder, promised } = after(cut, 'resumed')
      const store = opened(folder, promised)
      await runInProcess(store)
      store.close()
      expect(resultOf(folder), JSON.stringify(cut)).toBe(resultOf(join(root, 'reference')))
      rmSync(join(root, 'resumed'), { recursive: true })
    }
    note({
      id: 'R13',
      what: 'resumed after such a cut',
      cases: RESUMED,
      result: `${RESUMED} of ${RESUMED} with the same leaderboard and model bytes`,
      seconds: (performance.now() - started) / 1000,
    })
  })
})

describe('a flipped bit', () => {
  it('in the journal is always found: it is refused, or cut as a torn tail and told', () => {
    const started = performance.now()
    const path = join(root, 'flipped.jsonl')
    const bytes = readFileSync(join(root, 'reference', 'events.jsonl'))
    const whole = decodeJournal(bytes).records.length
    const bits = bytes.length * 8
    const step = Math.max(1, Math.floor(bits / cases(400, 20_000)))
    let flips = 0
    let told = 0
    for (let bit = rng.int(step); bit < bits; bit += step) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(path, damaged)
      flips++
      try {
        const before = readJournal(path)
        expect(before.length, `bit ${bit}`).toBeLessThan(whole)
        const journal = openJournal(path)
        journal.close()
        expect(journal.tornBytes, `bit ${bit}`).toBeGreaterThan(0)
        told++
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_JOURNAL_DAMAGED' })
      }
    }
    note({
      id: 'R13',
      what: 'one flipped bit in the journal',
      cases: flips,
      result: `${flips} found: ${flips - told} refused, ${told} in the last record cut and told`,
      seconds: (performance.now() - started) / 1000,
    })
  })

  it('in data, predictions or models of a trial is always found', () => {
    const started = performance.now()
    const folder = join(root, 'reference')
    const files = filesIn(folder).filter(name => /\.(bin|col)$/.test(name))
    const flips = cases(20, 400)
    for (const file of files) {
      const bytes = readFileSync(join(folder, file))
      for (let i = 0; i < flips; i++) {
        const damaged = Buffer.from(bytes)
        const bit = rng.int(bytes.length * 8)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => unpack(damaged), `${file}, bit ${bit}`).toThrow()
      }
    }
    note({
      id: 'R13',
      what: 'one flipped bit in a file of data or of a trial',
      cases: flips * files.length,
      result: `${flips * files.length} found`,
      seconds: (performance.now() - started) / 1000,
    })
  })
})

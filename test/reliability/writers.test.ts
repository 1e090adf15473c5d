import { spawn } from 'node:child_process'
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
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, readExperiment } from '../../src/experiment/store.ts'
import { runCli, type Ended } from './runs.ts'
import { smallSpec } from './in-process.ts'
import { cases, isFull, note, PATIENCE_MS, pause, resultOf } from './soak.ts'

const LOCK = resolve(import.meta.dirname, '../../dist/experiment/lock.js')
const RACER = resolve(import.meta.dirname, 'parts/lock-racer.mjs')
const RACERS = isFull ? 10 : 4
const RACE_MS = cases(1500, 30_000)
/** Locks that each racer leaves behind at least, however slow it is. */
const LEFT = 3
const ROUNDS = cases(1, 10)
const OTHERS = isFull ? 9 : 2
const TRIALS = 8
const ROWS = 400

let root: string
let data: string
let candidates: string
let reference: string
const beginIn = (folder: string) =>
  ['run', data, '--target', 'y', '--output', folder, '--max-candidates', String(TRIALS), '--workers', '2', '--candidates', candidates, '--quiet'] // prettier-ignore

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'writers-'))
  const spec = await smallSpec(root, ROWS)
  data = spec.data as string
  candidates = spec.candidates!
  reference = join(root, 'reference')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Counts {
  readonly held: number
  readonly refused: number
  readonly left: number
  readonly meetings: number
  readonly errors: readonly string[]
}

const race = (folder: string, seed: number): Promise<Counts> =>
  new Promise((done, failed) => {
    const child = spawn(
      process.execPath,
      [RACER, LOCK, folder, String(RACE_MS), String(seed), String(LEFT)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', code =>
      code === 0 ? done(JSON.parse(text) as Counts) : failed(new Error(`ended with ${code}`)),
    )
  })

describe('the lock', () => {
  it('is held by one process at a time, also while locks of dead owners are taken over', async () => {
    const folder = join(root, 'race')
    mkdirSync(folder)
    const all = await Promise.all(Array.from({ length: RACERS }, (_, i) => race(folder, i)))
    const sum = (name: 'held' | 'refused' | 'left' | 'meetings') =>
      all.reduce((total, counts) => total + counts[name], 0)
    expect(all.flatMap(({ errors }) => errors)).toEqual([])
    expect(sum('meetings')).toBe(0)
    expect(sum('left')).toBeGreaterThanOrEqual(RACERS * LEFT)
    expect(readdirSync(folder).filter(name => name !== '.lock')).toEqual([])
    note({
      id: 'R19',
      what: `${RACERS} processes take and leave one lock as fast as they can, a third of the owners dying with it`,
      cases: sum('held'),
      result: `never two at once; ${sum('left')} locks of dead owners taken over; ${sum('refused')} refusals`,
      seconds: RACE_MS / 1000,
    })
  }, 600_000)
})

describe('many processes on one folder', () => {
  it('are one writer and refusals that name it; readers and copies are never in the way', async () => {
    const started = performance.now()
    expect(await runCli(beginIn(reference), { cwd: root })).toMatchObject({ code: 0, stderr: '' })
    let [refused, reads, slowest] = [0, 0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const folder = join(root, `shared-${round}`)
      const state = { isDone: false }
      const writer = runCli(beginIn(folder), { cwd: root }).then(ended => {
        state.isDone = true
        return ended
      })
      const journal = join(folder, 'events.jsonl')
      while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('"generation"')) await pause(5)
      const copy = join(root, `copy-${round}`)
      cpSync(folder, copy, { recursive: true })
      const asked = performance.now()
      expect(() => openStore(folder)).toThrow(/in use by process/)
      slowest = Math.max(slowest, performance.now() - asked)
      const others: Promise<Ended>[] = []
      for (let i = 0; i < OTHERS; i++)
        others.push(runCli(i % 2 === 0 ? ['resume', folder, '--quiet'] : beginIn(folder), { cwd: root }))
      for (; !state.isDone; reads++) {
        const { trials, records } = readExperiment(folder)
        expect(trials.length).toBeLessThanOrEqual(records.length)
        const board = join(folder, 'leaderboard.json')
        if (existsSync(board)) JSON.parse(readFileSync(board, 'utf8'))
        await pause(3)
      }
      for (const ended of await Promise.all(others)) {
        // One that came when the writer had just ended goes on, or finds the folder taken.
        if (ended.code === 75) {
          refused++
          expect(ended.stderr).toMatch(/^glasspilot: E_LOCKED: .* in use by process \d+[^\n]*\n$/)
        } else expect([0, 73], ended.stderr).toContain(ended.code)
      }
      expect(await writer).toMatchObject({ code: 0, stderr: '' })
      expect(resultOf(folder)).toBe(resultOf(reference))
      // The copy has a lock that names a process that was alive, and perhaps half a record.
      expect(await runCli(['resume', copy, '--quiet'], { cwd: root })).toMatchObject({ code: 0 })
      expect(resultOf(copy)).toBe(resultOf(reference))
      rmSync(folder, { recursive: true })
      rmSync(copy, { recursive: true })
    }
    if (isFull) expect(refused).toBeGreaterThan(0)
    expect(slowest).toBeLessThan(1000 + PATIENCE_MS)
    note({
      id: 'R19',
      what: `${OTHERS + 1} processes on one folder, readers beside them, the folder copied meanwhile`,
      cases: ROUNDS,
      result: `one writer each; ${refused} refused with status 75, once started within ${slowest.toFixed(0)} ms; ${reads} reads, none of half a file; copies resumed to the same result`,
      seconds: (performance.now() - started) / 1000,
    })
  }, 3_600_000)

  it('that begin at once are one writer', async () => {
    const folder = join(root, 'at-once')
    const ended = await Promise.all(
      Array.from({ length: OTHERS + 1 }, () => runCli(beginIn(folder), { cwd: root })),
    )
    const codes = ended.map(({ code }) => code).sort((a, b) => a! - b!)
    expect(codes[0]).toBe(0)
    for (const code of codes.slice(1)) expect([73, 75]).toContain(code)
    expect(resultOf(folder)).toBe(resultOf(reference))
  }, 600_000)

  it('a lock whose process id belongs to another process since does not stop a resume', async () => {
    const folder = join(root, 'reused')
    cpSync(reference, folder, { recursive: true })
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(join(folder, '.lock'), JSON.stringify({ pid: process.pid, boot, started: '1' }))
    expect(await runCli(['resume', folder, '--quiet'], { cwd: root })).toMatchObject({ code: 0, stderr: '' })
    expect(resultOf(folder)).toBe(resultOf(reference))
    expect(existsSync(join(folder, '.lock'))).toBe(false)
  })
})

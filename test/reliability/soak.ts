import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createRng } from '../../src/util/rng.ts'

/** `npm run soak` runs the suites of this folder in full size (`full`) or a share of it (`0.3`), everything else a sample of each. */
const asked = process.env['GLASSPILOT_SOAK']
const share = asked === undefined || asked === '' ? undefined : asked === 'full' ? 1 : Number(asked)
export const isFull = share !== undefined
export const cases = (sample: number, full: number): number =>
  share === undefined ? sample : Math.max(sample, Math.round(share * full))

/** Another number draws other moments and other faults. */
export const soakSeed = Number(process.env['GLASSPILOT_SOAK_SEED'] ?? 0)

/** A line of the reliability card. */
export interface CardRow {
  readonly id: string
  readonly what: string
  readonly cases: number
  readonly result: string
  readonly seconds: number
}

/** Notes what a suite measured, where somebody collects it. */
export function note(row: CardRow): void {
  const path = process.env['GLASSPILOT_SOAK_LOG']
  if (path) appendFileSync(path, `${JSON.stringify(row)}\n`)
}

/** A line for who watches a long suite. */
export function progress(text: string): void {
  const path = process.env['GLASSPILOT_SOAK_LOG']
  if (path) appendFileSync(`${path}.progress`, `${text}\n`)
}

/** Memory rather than a disk, where there is such a folder: thousands of small folders come and go. */
export const fastFolder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** Three clouds of points and a word that says nothing: small enough that a whole experiment takes two seconds. */
export function writeClouds(path: string, rows = 90, seed = 5): void {
  const rng = createRng(seed)
  const lines = Array.from({ length: rows }, (_, row) => {
    const cloud = row % 3
    const cells = [cloud + 0.6 * rng.normal(), -cloud + 0.9 * rng.normal(), rng.normal()]
    return [...cells.map(value => value.toFixed(3)), 'uvw'[rng.int(3)], 'pqr'[cloud]].join(',')
  })
  writeFileSync(path, `a,b,c,word,y\n${lines.join('\n')}\n`)
}

export const hashOf = (path: string): string =>
  existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'missing'

/** What must be the same however an experiment came to its end. */
export const resultOf = (folder: string): string =>
  ['leaderboard.csv', 'model/model.onnx', 'model/model.json']
    .map(file => `${file} ${hashOf(join(folder, file))}`)
    .join('\n')

/** Processes that have a text in their command line (Linux). */
export function processesOf(text: string): number[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** Processes of a folder that are still there after a time; a sample waits longer, on machines that are busy with other things. */
export async function leftAfter(ms: number, folder: string): Promise<number[]> {
  const until = performance.now() + (isFull ? ms : ms + PATIENCE_MS)
  for (;;) {
    const left = processesOf(folder)
    if (left.length === 0 || performance.now() > until) return left
    await pause(50)
  }
}

/** What a sample gives a slow machine on top of what is promised: promises in seconds are checked in full size. */
export const PATIENCE_MS = isFull ? 0 : 60_000

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

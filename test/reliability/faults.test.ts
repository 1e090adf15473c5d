import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readExperiment } from '../../src/experiment/store.ts'
import { createRng } from '../../src/util/rng.ts'
import { smallSpec } from './in-process.ts'
import { endsOf, goOn, runCli, runningTrials } from './runs.ts'
import { cases, leftAfter, note, progress, resultOf, soakSeed } from './soak.ts'

// The N-th call of a kind fails, or kills the process: for a sample of all N, kinds and errors. Calls are counted in the main
// thread of the main process: there, one after the other, is all that the store writes but for the files of trials.

const FAULTS = cases(4, 300)
const KINDS = {
  fsync: ['KILL', 'EIO', 'ENOSPC'],
  fdatasync: ['KILL', 'EIO', 'ENOSPC'],
  pwrite64: ['KILL', 'ENOSPC', 'EIO'],
  rename: ['KILL', 'ENOSPC', 'EIO'],
  openat: ['KILL', 'EMFILE', 'EIO'],
  mkdir: ['KILL', 'ENOSPC'],
  link: ['KILL', 'EIO'],
  unlink: ['KILL', 'EIO'],
} as const
type Kind = keyof typeof KINDS

interface Fault {
  readonly kind: Kind
  readonly when: number
  readonly error: string
}

const strace = spawnSync('strace', ['-V']).status === 0
const why = strace ? '' : ' (skipped: strace is not installed)'
const ENVIRONMENT = { UV_THREADPOOL_SIZE: '1' }
const rng = createRng(12 + soakSeed)

let root: string
let reference: string
let candidates: string
const beginIn = (folder: string) =>
  ['run', join(root, 'clouds.csv'), '--target', 'y', '--output', folder, '--max-candidates', '4', '--workers', '1', '--candidates', candidates, '--quiet'] // prettier-ignore

/** Calls of the main thread, by kind: the first that can matter and the last. */
function counted(log: string, folder: string): Map<Kind, readonly [number, number]> {
  const lines = readFileSync(log, 'utf8').split('\n')
  const found = new Map<Kind, readonly [number, number]>()
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const calls = lines.filter(line => line.startsWith(`${kind}(`))
    const first = calls.findIndex(line => line.includes(folder))
    if (first >= 0) found.set(kind, [first + 1, calls.findLastIndex(line => line.includes(folder)) + 1])
  }
  return found
}

/** Every fault there is, in an order that depends on nothing but the seed. */
function faultsOf(calls: ReadonlyMap<Kind, readonly [number, number]>): Fault[] {
  const all = [...calls].flatMap(([kind, [first, last]]) =>
    KINDS[kind].flatMap(error =>
      Array.from({ length: last - first + 1 }, (_, i) => ({ kind, error, when: first + i })),
    ),
  )
  return rng.shuffle(all)
}

const underStrace = (kinds: readonly string[], log: string, inject: readonly string[] = []) => [
  'strace',
  '-y',
  '-o',
  log,
  '-e',
  `trace=${kinds.join(',')}`,
  ...inject,
]

beforeAll(async () => {
  if (!strace) return
  root = mkdtempSync(join(tmpdir(), 'faults-'))
  mkdirSync(join(root, 'plan-of'))
  const spec = await smallSpec(join(root, 'plan-of'))
  candidates = spec.candidates!
  spawnSync('cp', [spec.data as string, join(root, 'clouds.csv')])
  reference = join(root, 'reference')
})
afterAll(() => {
  if (strace) rmSync(root, { recursive: true, force: true })
})

/** A run in which one call fails, and what goes on from there; says what is not as promised. */
async function faulted(
  { kind, when, error }: Fault,
  folder: string,
): Promise<{ end: string; failures: string[] }> {
  const what = error === 'KILL' ? 'signal=KILL' : `error=${error}`
  const ended = await runCli(beginIn(folder), {
    cwd: root,
    env: ENVIRONMENT,
    under: underStrace([kind], '/dev/null', ['-e', `inject=${kind}:${what}:when=${when}`]),
  })
  const end = ended.signal === null ? String(ended.code) : 'killed'
  const failures: string[] = []
  const hold = (holds: boolean, promise: string) => {
    if (!holds)
      failures.push(`${kind} ${when} ${error} (${end}): ${promise}; ${ended.stderr.trim().slice(-400)}`)
  }
  // 66: the table or the plan could not be read.
  const known = kind === 'openat' ? ['0', '66', '73', '74', 'killed'] : ['0', '73', '74', 'killed']
  hold(known.includes(end), 'status')
  if (end === '73' || end === '74')
    hold(/^glasspilot: E_(IO|CANNOT_CREATE): [^\n]*$/.test(ended.stderr.trim()), 'one sentence')
  hold((await leftAfter(2000, folder)).length === 0, 'no process is left')
  if (end !== '0') {
    const before = runningTrials(folder)
    const again = await goOn(folder, beginIn(folder), root)
    hold(again.code === 0, `goes on: ${again.code} ${again.stderr}`)
    if (again.code === 0) {
      const after = endsOf(readExperiment(folder).records)
      hold(
        [...before.ended].every(id => after.get(id) === 1),
        'no ended trial runs again',
      )
    }
  }
  hold(resultOf(folder) === resultOf(reference), 'same result')
  rmSync(folder, { recursive: true, force: true })
  return { end, failures }
}

describe(`calls of the system that fail${why}`, () => {
  it.skipIf(!strace)(
    'end a run with the status of an I/O error, or kill it, and it goes on to the same result',
    async () => {
      const log = join(root, 'calls')
      const first = await runCli(beginIn(reference), {
        cwd: root,
        env: ENVIRONMENT,
        under: underStrace(Object.keys(KINDS), log),
      })
      expect(first.stderr).toBe('')
      const calls = counted(log, reference)
      const all = faultsOf(calls)
      const started = performance.now()
      const ends = new Map<string, number>()
      const faults = all.slice(0, FAULTS)
      const failures: string[] = []
      for (const [i, fault] of faults.entries()) {
        const found = await faulted(fault, join(root, `fault-${i}`))
        ends.set(found.end, (ends.get(found.end) ?? 0) + 1)
        failures.push(...found.failures)
        progress(
          `${i} ${fault.kind} ${fault.when} ${fault.error}: ${found.end} ${found.failures.join(' | ')}`,
        )
      }
      expect(failures).toEqual([])
      note({
        id: 'R12',
        what: `one failing call (${[...calls.keys()].join(', ')}; KILL, EIO, ENOSPC, EMFILE) of ${all.length} that there are, then resume`,
        cases: faults.length,
        result: `all resumed to the same leaderboard and model; ended with ${[...ends].map(([end, count]) => `${end}: ${count}`).join(', ')}`,
        seconds: (performance.now() - started) / 1000,
      })
    },
    7_200_000,
  )
})

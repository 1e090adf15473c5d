import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'
import { runWithBad, type BadRun } from './parts/bad-run.ts'
import { cases, note } from './soak.ts'

/** Deaths after which a trial is tried again. */
const CRASHES = [
  'SIGKILL',
  'SIGSEGV',
  'exit without a result',
  'garbage instead of an answer',
  'an answer to another question',
  'throw where nobody catches',
]
const TRIALS = cases(8, 100)

describe.skipIf(!existsSync('/proc/self/stat'))('workers that go bad (needs Linux)', () => {
  const folder = temporaryFolder()
  let reference: BadRun

  beforeAll(async () => {
    writeTable(folder + '/train.csv', 'binary', 120)
    reference = await runWithBad(folder, 'reference', { bad: [], trials: TRIALS })
    expect(reference.states.every(({ state }) => state === 'COMPLETE')).toBe(true)
  })

  it('once: every trial is done again, and the leaderboard is as if nothing had happened', async () => {
    const started = performance.now()
    const kinds = [...CRASHES, 'SIGSTOP']
    const bad = reference.states.slice(1).map(({ id }, i) => [id, kinds[i % kinds.length]!] as const)
    const run = await runWithBad(folder, 'once', { bad, trials: TRIALS, once: true })
    expect(run.leaderboard).toBe(reference.leaderboard)
    const again = run.states.filter(({ attempts }) => attempts === 2).map(({ id }) => id)
    expect(again).toEqual(bad.filter(([, kind]) => kind !== 'SIGSTOP').map(([id]) => id))
    expect(run.left).toBe(0)
    note({
      id: 'R14',
      what: `workers that end by ${kinds.join(', ')}`,
      cases: bad.length,
      result: `${again.length} begun again; leaderboard as without; ${run.left} processes left`,
      seconds: (performance.now() - started) / 1000,
    })
  })

  it('always: the trial stands as CRASHED after three attempts, with its reason; the others are as they were', async () => {
    const bad = CRASHES.map((kind, i) => [i + 1, kind] as const)
    const run = await runWithBad(folder, 'always', { bad, trials: 8 })
    expect(run.states.filter(({ id }) => id > 0 && id <= CRASHES.length)).toEqual(
      [
        'worker ended with signal SIGKILL, 3 times',
        'worker ended with signal SIGSEGV, 3 times',
        'worker ended with exit code 0, 3 times',
        'worker answered what is no answer, 3 times',
        'worker answered what is no answer, 3 times',
        'worker ended with exit code 1 (Error: out of the blue), 3 times',
      ].map((reason, i) => ({ id: i + 1, state: 'CRASHED', reason, attempts: 3 })),
    )
    const others = (run: BadRun) => run.states.filter(({ id }) => id === 0 || id > CRASHES.length)
    expect(others(run)[0]).toEqual(reference.states[0])
    expect(others(run).every(({ state }) => state === 'COMPLETE')).toBe(true)
  })

  it('by throwing: the trial stands as FAILED with what was thrown, and is not tried again', async () => {
    const run = await runWithBad(folder, 'thrown', { bad: [[1, 'throw']], trials: 3 })
    expect(run.states[1]).toEqual({ id: 1, state: 'FAILED', reason: 'cannot learn this' })
  })
})

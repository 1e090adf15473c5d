import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocalPool } from '../../src/backends/local/pool.ts'
import type { TrialJob } from '../../src/experiment/executor.ts'
import { prepareExperiment } from '../../src/experiment/prepare.ts'
import { createStore, definitionHash, type Store } from '../../src/experiment/store.ts'
import { defaults } from '../../src/params/space.ts'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'

const folder = temporaryFolder()
const FREE = { softSeconds: Infinity, hardSeconds: Infinity }
let store: Store
let job: (id: number, role?: string) => TrialJob

beforeAll(async () => {
  writeTable(join(folder, 'train.csv'), 'binary', 300)
  store = createStore(
    join(folder, 'out'),
    { name: 'pool', data: join(folder, 'train.csv'), target: 'y', mode: 'hpo', maxCandidates: 9, seed: 1, workers: 2, backend: 'local', definitionsOnly: false }, // prettier-ignore
    '0.0.0',
  )
  const { candidates, objective } = await prepareExperiment(store, () => {})
  job = (id, role = 'plain') => {
    const candidate = candidates.find(candidate => candidate.role === role)!
    const request = {
      id,
      candidate: candidate.name,
      definition: definitionHash(candidate),
      params: defaults(candidate.space),
      seed: id,
    }
    return { request, candidate, objective }
  }
})
afterAll(() => store.close())

/** Process ids of the workers (Linux). */
const workers = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`worker.js\0${store.paths.folder}`)
      } catch {
        return false
      }
    })
    .map(Number)

/** How many there were. */
function killWorkers(): number {
  const found = workers()
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
  return found.length
}

const onLinux = existsSync('/proc/self/cmdline')

describe('the local pool', () => {
  it('runs trials side by side and leaves their files', async () => {
    const pool = new LocalPool(store.paths.folder, 2)
    const trials = await Promise.all(
      [0, 1, 2].map(id => pool.submit(job(id), { time: () => FREE, onStart: () => {} })),
    )
    await pool.close()
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE', 'COMPLETE'])
    for (const { id, metrics, bytes } of trials) {
      expect(metrics!.AUC).toBeGreaterThan(0.7)
      expect(readFileSync(join(store.paths.trial(id), 'pipeline.bin'))).toHaveLength(bytes!)
    }
  })

  it('kills what outstays its time, says so, and goes on with the next', async () => {
    const pool = new LocalPool(store.paths.folder, 1)
    const late = pool.submit(job(10, 'neural'), {
      time: () => ({ softSeconds: 100, hardSeconds: 0.3 }),
      onStart: () => {},
    })
    const next = pool.submit(job(11), { time: () => FREE, onStart: () => {} })
    expect(await late).toMatchObject({ state: 'TIMEOUT', reason: expect.stringContaining('did not finish') })
    expect(await next).toMatchObject({ state: 'COMPLETE' })
    await pool.close()
  })

  it('does not begin a trial for which no time is left', async () => {
    const pool = new LocalPool(store.paths.folder, 1)
    let began = false
    const trial = await pool.submit(job(12), {
      time: () => ({ softSeconds: 0, hardSeconds: 0 }),
      onStart: () => (began = true),
    })
    await pool.close()
    expect({ state: trial.state, began }).toEqual({ state: 'STOPPED', began: false })
  })

  it.skipIf(!onLinux)('tries a trial again whose worker was killed, with the same result', async () => {
    const pool = new LocalPool(store.paths.folder, 1)
    let starts = 0
    const kill = () => {
      if (starts++ > 0) return
      const watch = setInterval(() => killWorkers() > 0 && clearInterval(watch), 10)
    }
    const trial = await pool.submit(job(0, 'neural'), { time: () => FREE, onStart: kill })
    const whole = await pool.submit(job(0, 'neural'), { time: () => FREE, onStart: () => {} })
    await pool.close()
    expect(starts).toBe(2)
    expect(trial.state).toBe('COMPLETE')
    expect(trial.metrics).toEqual(whole.metrics)
  })

  it.skipIf(!onLinux)('records a trial as crashed whose worker dies every time', async () => {
    const pool = new LocalPool(store.paths.folder, 1)
    const watch = setInterval(killWorkers, 10)
    const trial = await pool.submit(job(20, 'neural'), { time: () => FREE, onStart: () => {} })
    clearInterval(watch)
    await pool.close()
    expect(trial).toMatchObject({ state: 'CRASHED', reason: 'worker ended with signal SIGKILL, 3 times' })
  })

  it.skipIf(!onLinux)('stops running trials in order and leaves no process behind', async () => {
    const pool = new LocalPool(store.paths.folder, 2)
    const trials = [30, 31, 32].map(id =>
      pool.submit(job(id, 'neural'), { time: () => FREE, onStart: () => {} }),
    )
    await new Promise(resolve => setTimeout(resolve, 300))
    await pool.stop(5)
    const states = new Set((await Promise.all(trials)).map(({ state }) => state))
    await pool.close()
    expect([...states].every(state => state === 'STOPPED' || state === 'COMPLETE')).toBe(true)
    expect(states).toContain('STOPPED')
    expect(workers()).toEqual([])
  })
})

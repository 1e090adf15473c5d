import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fitsBeside, neverFits, planMemory } from '../../src/backends/local/memory.ts'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'
import { runWithBad, type BadRun } from './parts/bad-run.ts'
import { isFull, note } from './soak.ts'

describe('memory for trials', () => {
  const machine = { available: 8e9, total: 16e9 }

  it('is what is free, less what the machine keeps: a tenth of all of it, or 15 % of what is free', () => {
    expect(planMemory(2, undefined, machine).allBytes).toBe(6.4e9)
    expect(planMemory(2, undefined, { available: 15e9, total: 16e9 }).allBytes).toBe(0.85 * 15e9)
    expect(planMemory(2, undefined, { available: 1e9, total: 16e9 }).allBytes).toBe(700e6)
  })

  it('is shared out evenly, more to a trial that is expected to need it, and never more than there is', () => {
    const plan = planMemory(4, undefined, machine)
    expect(plan.limitOf(300e6)).toBe(1.6e9)
    expect(plan.limitOf(2e9)).toBe(3e9)
    expect(plan.limitOf(6e9)).toBe(6.4e9)
    expect(planMemory(4, 500e6, machine).limitOf(6e9)).toBe(500e6)
  })

  it('makes a trial wait that does not fit beside the others, and skips one that never does', () => {
    const plan = planMemory(4, undefined, machine)
    expect(fitsBeside(plan, [3e9], 3e9)).toBe(true)
    expect(fitsBeside(plan, [3e9, 1e9], 3e9)).toBe(false)
    expect(fitsBeside(plan, [], 6e9)).toBe(true)
    expect([neverFits(plan, 6e9), neverFits(plan, 6.5e9)]).toEqual([false, true])
  })
})

describe.skipIf(!existsSync('/proc/meminfo'))(
  '20 trials of which five are memory bombs (needs Linux)',
  () => {
    const folder = temporaryFolder()
    const LIMIT = 450e6
    const BOMBS = [2, 6, 9, 13, 17]
    let run: BadRun
    const started = performance.now()

    beforeAll(async () => {
      writeTable(join(folder, 'train.csv'), 'binary', 150)
      const kinds = ['array push', 'many objects', 'Float64Array', 'strings', 'Buffers']
      const bad = kinds.map((kind, i) => [BOMBS[i]!, kind] as const)
      run = await runWithBad(folder, 'out', { bad, trials: 20, trialBytes: LIMIT })
    })

    it('end with exactly five MEMOUT, whatever the memory was eaten by, and 15 COMPLETE', () => {
      const bombs = run.states.filter(({ id }) => BOMBS.includes(id))
      expect(new Set(bombs.map(({ state, reason }) => `${state}: ${reason}`))).toEqual(
        new Set(['MEMOUT: needed more memory than a trial may have']),
      )
      expect(run.states.filter(({ state }) => state === 'COMPLETE')).toHaveLength(15)
    })

    it('cost the main process no memory, the machine no more than a trial may have, and leave no process', () => {
      expect(run.parentGrowth).toBeLessThan(50e6)
      expect(run.overshoot).toBeLessThan(0.15)
      // Of a sample, others on the machine may hold more.
      if (isFull) expect(run.leastFree).toBeGreaterThan(0.1)
      expect(run.left).toBe(0)
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`
      note({
        id: 'R17',
        what: '20 trials of which 5 are memory bombs of five kinds',
        cases: run.states.length,
        result: `5 MEMOUT, 15 COMPLETE; parent grew ${(run.parentGrowth / 1e6).toFixed(1)} MB; overshoot ${percent(Math.max(0, run.overshoot))}; least free memory ${percent(run.leastFree)}`,
        seconds: (performance.now() - started) / 1000,
      })
    })
  },
)

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { watchSleep } from '../../src/experiment/sleep.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { smallSpec } from './in-process.ts'
import { cases as sizeOf, isFull, note, PATIENCE_MS } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const HOUR = 3600
const ZONES = ['Asia/Kathmandu', ...Intl.supportedValuesOf('timeZone').filter((_, i) => i % 13 === 0)].slice(0, sizeOf(1, 32)) // prettier-ignore

/** How the time of day misbehaves, and in which zone. */
const cases: readonly (readonly [clock: string, zone: string])[] = [
  ['at:1970-01-01T00:00:00Z', 'Europe/Berlin'],
  [`jump:${-24 * HOUR}`, 'UTC'],
  ...(isFull
    ? ([
        [`jump:${HOUR}`, 'UTC'],
        [`jump:${-HOUR}`, 'UTC'],
        ['at:2026-10-25T00:59:58Z', 'Europe/Berlin'], // summer time ends
        ['at:2026-03-29T00:59:58Z', 'Europe/Berlin'], // and begins
        ['at:2100-02-28T23:59:58Z', 'Pacific/Apia'],
      ] as const)
    : []),
  ...ZONES.map(zone => ['jump:0', zone] as const),
]

interface Ended {
  readonly code: number | null
  readonly seconds: number
  readonly board: string
  /** Seconds at which there was a better model. */
  readonly anytime: readonly number[]
}

describe('the time of day', () => {
  const folder = temporaryFolder()
  let runs = 0
  let data: string
  let candidates: string
  beforeAll(async () => {
    const spec = await smallSpec(folder)
    data = spec.data as string
    candidates = spec.candidates!
  })

  const run = (clock: string, zone: string, ...more: string[]) =>
    new Promise<Ended>(done => {
      const output = join(folder, `out${runs++}`)
      const shift = join(import.meta.dirname, 'parts/clock.mjs')
      const args = ['--import', shift, MAIN, 'run', data, '--candidates', candidates, '--target', 'y', '--name', 'same', '--workers', '1', '--quiet', '--output', output, ...more] // prettier-ignore
      const from = performance.now()
      const child = spawn(process.execPath, args, {
        cwd: folder,
        env: { PATH: process.env['PATH'], CLOCK: clock, TZ: zone },
        stdio: 'ignore',
      })
      child.on('close', code => {
        const [board, anytime] = ['leaderboard.csv', 'anytime.csv'].map(name =>
          readFileSync(join(output, name), 'utf8'),
        ) as [string, string]
        const points = anytime.trim().split('\n').slice(1)
        done({
          code,
          seconds: (performance.now() - from) / 1000,
          board,
          anytime: points.map(line => Number(line.split(',')[0])),
        })
      })
    })

  it('has no part in which trials run, in what order, and what comes of them', async () => {
    const started = performance.now()
    const reference = await run('jump:0', 'UTC', '--max-candidates', '4')
    expect(reference.code).toBe(0)
    for (const [clock, zone] of cases) {
      const { code, board } = await run(clock, zone, '--max-candidates', '4')
      expect({ clock, zone, code, same: board === reference.board }).toEqual({
        clock,
        zone,
        code: 0,
        same: true,
      })
    }
    note({
      id: 'R20',
      what: 'time of day: years off, set forward and back in the middle, summer time, zones',
      cases: cases.length,
      result: 'the same leaderboard',
      seconds: (performance.now() - started) / 1000,
    })
  })

  it.each([`jump:${HOUR}`, `jump:${-HOUR}`])(
    'set %s s in the middle neither shortens nor lengthens a budget',
    async clock => {
      const { code, seconds, board, anytime } = await run(clock, 'UTC', '--budget', '5s')
      expect(code).toBe(0)
      expect(board).toContain('COMPLETE')
      // Seconds as the experiment counted them: had they been those of the time of day, an hour would be among them.
      expect(anytime.length).toBeGreaterThan(0)
      for (const [i, at] of anytime.entries()) {
        expect(at).toBeGreaterThanOrEqual(anytime[i - 1] ?? 0)
        expect(at).toBeLessThan(HOUR / 2)
      }
      expect(seconds).toBeLessThan(5 + 5 + 3 + PATIENCE_MS / 1000) // and the start of the program
    },
  )
})

describe('sleep of the machine', () => {
  it('is told with its length, once, and a busy moment is not taken for it', async () => {
    let [awake, always] = [0, 0]
    const told: number[] = []
    const end = watchSleep(seconds => told.push(seconds), { awake: () => awake, always: () => always }, 2)
    const passes = async (awakeSeconds: number, alwaysSeconds: number) => {
      awake += awakeSeconds
      always += alwaysSeconds
      await wait(20)
    }
    await passes(5, 5)
    await passes(300, 305) // busy
    expect(told).toEqual([])
    await passes(5, 5 + 8 * HOUR)
    await passes(5, 5)
    await passes(5, -HOUR) // a clock that was set back is no sleep
    end()
    await passes(0, HOUR)
    expect(told).toEqual([8 * HOUR])
  })
})

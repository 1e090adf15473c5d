import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { watchSleep } from '../../src/experiment/sleep.ts'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'
import { isFull, note } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const HOUR = 3600
const ZONES = isFull ? Intl.supportedValuesOf('timeZone').filter((_, i) => i % 13 === 0).slice(0, 32) : ['Asia/Kathmandu'] // prettier-ignore

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

describe('the time of day', () => {
  const folder = temporaryFolder()
  let runs = 0
  beforeAll(() => writeTable(join(folder, 'train.csv'), 'binary', 150))

  const run = (clock: string, zone: string, ...more: string[]) =>
    new Promise<{ code: number | null; seconds: number; board: string }>(done => {
      const output = join(folder, `out${runs++}`)
      const shift = join(import.meta.dirname, 'parts/clock.mjs')
      const args = ['--import', shift, MAIN, 'run', 'train.csv', '--target', 'y', '--name', 'same', '--quiet', '--output', output, ...more] // prettier-ignore
      const from = performance.now()
      const child = spawn(process.execPath, args, {
        cwd: folder,
        env: { PATH: process.env['PATH'], CLOCK: clock, TZ: zone },
        stdio: 'ignore',
      })
      child.on('close', code => done({ code, seconds: (performance.now() - from) / 1000, board: readFileSync(join(output, 'leaderboard.csv'), 'utf8') })) // prettier-ignore
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
      const { code, seconds, board } = await run(clock, 'UTC', '--budget', '8s')
      expect(code).toBe(0)
      expect(board.match(/COMPLETE/g)!.length).toBeGreaterThan(2)
      expect(seconds).toBeLessThan(8 + 5 + 3) // and the start of the program on a busy machine
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

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/cli.ts'
import { smallSpec } from './in-process.ts'
import { ended as endOf } from './runs.ts'
import { isFull, leftAfter, note, PATIENCE_MS } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const hasPython = spawnSync(python, ['-c', 'import pty']).status === 0

/** Stages of an experiment, by a word of the line that announces each. */
const STAGES = {
  ingest: 'reading',
  profile: 'profiling',
  trial: 'trial 1',
  export: 'writing the model',
} as const
type StageName = keyof typeof STAGES

/** Each takes a second of a processor to start. */
const WORKERS = isFull ? '2' : '1'

/** Stages in which something is left to do for `resume`. */
const isEarly = (stage: StageName) => stage !== 'export'

interface Ended {
  code: number | null
  /** From the first signal to the end. */
  seconds: number
  stdout: string
  stderr: string
}

describe.skipIf(process.platform === 'win32' || !existsSync('/proc/self'))('signals (need Linux)', () => {
  const folder = temporaryFolder()
  let data: string
  let candidates: string
  beforeAll(async () => {
    const spec = await smallSpec(folder)
    data = spec.data as string
    candidates = spec.candidates!
  })
  let runs = 0
  let inOrder = 0
  const started = performance.now()
  afterAll(() =>
    note({
      id: 'R15',
      what: 'INT, TERM, HUP in every stage; Ctrl-C twice, to the group and on a terminal; closed terminal, closed output, kill -9',
      cases: runs + (hasPython ? 2 : 0),
      result: `${inOrder} stopped in order and resumed, the others as promised`,
      seconds: (performance.now() - started) / 1000,
    }),
  )

  /** Runs until a stage is announced, then sends signals, 300 ms apart; `toGroup`: to the whole group, as Ctrl-C does; `slow`: with learners that take their time. */
  const stopIn = (
    stage: StageName,
    signals: readonly NodeJS.Signals[],
    {
      toGroup = false,
      closing = false,
      slow = false,
      // More than it can end before a signal that comes late, unless it is to come to its end.
      trials = 200,
      path = process.env['PATH']!,
    }: { toGroup?: boolean; closing?: boolean; slow?: boolean; trials?: number; path?: string } = {},
  ): Promise<Ended & { output: string }> =>
    new Promise(done => {
      const output = join(folder, `out${runs++}`)
      const args = [
        MAIN,
        'run',
        data,
        '--target',
        'y',
        '--max-candidates',
        String(trials),
        '--workers',
        WORKERS,
        ...(slow ? [] : ['--candidates', candidates]),
        '--output',
        output,
      ]
      const child = spawn(process.execPath, args, {
        detached: toGroup,
        env: { ...process.env, PATH: path },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let [stdout, stderr, from] = ['', '', 0]
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString()
        if (from > 0 || !stderr.includes(STAGES[stage])) return
        from = performance.now()
        if (closing) for (const stream of [child.stdout, child.stderr]) stream.destroy()
        for (const [i, signal] of signals.entries())
          setTimeout(() => (toGroup ? process.kill(-child.pid!, signal) : child.kill(signal)), 300 * i)
      })
      let seconds = 0
      child.on('exit', () => (seconds = (performance.now() - from) / 1000))
      void endOf(child).then(({ code }) => done({ code, seconds, stdout, stderr, output }))
    })

  const whole = async ({ output, stdout }: { output: string; stdout: string }, stage: StageName) => {
    if (isEarly(stage)) expect(stdout).toContain(`glasspilot resume ${output}`)
    const child = spawn(process.execPath, [MAIN, 'resume', output, '--max-candidates', '2', '--workers', WORKERS, '--quiet', '--json'], { stdio: 'pipe' }) // prettier-ignore
    expect(await new Promise(done => child.on('close', done))).toBe(0)
    expect(existsSync(join(output, 'model/model.onnx'))).toBe(true)
    expect(existsSync(join(output, '.lock'))).toBe(false)
  }

  const matrix = (['ingest', 'profile', 'trial', 'export'] as const).flatMap(stage =>
    (
      [
        ['SIGINT', stage, 130],
        ['SIGTERM', stage, 143],
        ['SIGHUP', stage, 129],
      ] as const
    ).map(row => row),
  )
  const sample = ['SIGINT ingest', 'SIGTERM profile', 'SIGTERM trial', 'SIGHUP trial']
  const few = matrix.filter(([signal, stage]) => sample.includes(`${signal} ${stage}`))

  it.each(isFull ? matrix : few)(
    '%s during %s ends in order with status %i, and resume goes on',
    async (signal, stage, status) => {
      const ended = await stopIn(stage, [signal], { trials: isEarly(stage) ? 200 : 5 })
      expect({ code: ended.code, trace: /\n\s+at /.test(ended.stderr) }).toEqual({
        code: status,
        trace: false,
      })
      expect(ended.seconds).toBeLessThan((signal === 'SIGINT' ? 18 : 28) + PATIENCE_MS / 1000)
      expect(await leftAfter(0, ended.output)).toEqual([])
      await whole(ended, stage)
      inOrder++
    },
  )

  it('a second Ctrl-C ends at once, and no worker lives on', async () => {
    const ended = await stopIn('trial', ['SIGINT', 'SIGINT'])
    expect(ended.code).toBe(130)
    expect(ended.seconds).toBeLessThan(0.3 + 1 + PATIENCE_MS / 1000)
    expect(await leftAfter(0, ended.output)).toEqual([])
  })

  it('Ctrl-C that reaches the whole group lets running trials end: none is recorded as crashed', async () => {
    const ended = await stopIn('trial', ['SIGINT'], { toGroup: true })
    expect(ended.code).toBe(130)
    expect(readFileSync(join(ended.output, 'events.jsonl'), 'utf8')).not.toContain('CRASHED')
    await whole(ended, 'trial')
  })

  it('a reader that goes away ends the output and nothing else', async () => {
    const ended = await stopIn('trial', [], { closing: true, trials: 5 })
    expect(ended.code).toBe(0)
    expect(existsSync(join(ended.output, 'model/model.onnx'))).toBe(true)
  })

  it.each([
    ['the system ends', process.env['PATH']],
    ['each ends itself, where the system cannot,', '/nowhere'],
  ])('kill -9 of the main process leaves no worker: %s those in the middle of a fit', async (_, path) => {
    const ended = await stopIn('trial', ['SIGKILL'], { path: path!, slow: true })
    expect(ended.code).toBe(null)
    expect(await leftAfter(2000, ended.output)).toEqual([])
  })

  it.skipIf(!hasPython).each([
    ['close', 129],
    ['ctrl-c', 130],
  ] as const)('on a terminal (needs Python), %s ends in order with status %i', async (how, status) => {
    const output = join(folder, `terminal-${how}`)
    const args = [MAIN, 'run', data, '--target', 'y', '--max-candidates', '200', '--candidates', candidates, '--output', output] // prettier-ignore
    const script = join(import.meta.dirname, 'parts/terminal.py')
    const child = spawn(python, [script, how, 'trial 1', process.execPath, ...args], { stdio: 'pipe' })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await new Promise(done => child.on('close', done))
    const { code, seconds } = JSON.parse(text) as { code: number; seconds: number }
    expect(code).toBe(status)
    expect(seconds).toBeLessThan(28 + PATIENCE_MS / 1000)
    expect(await leftAfter(0, output)).toEqual([])
    expect(readFileSync(join(output, 'leaderboard.csv'), 'utf8').split('\n').length).toBeGreaterThan(2)
  })
})

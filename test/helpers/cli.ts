import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { createRng } from '../../src/util/rng.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command line as a user would; `onOutput` may send signals to the process. */
export function glasspilot(
  args: readonly string[],
  {
    cwd,
    env,
    onStderr,
    onStart,
  }: {
    cwd: string
    env?: Record<string, string>
    onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
    onStart?: (kill: (signal: NodeJS.Signals) => void) => void
  },
): Promise<Finished> {
  return new Promise(done => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: {
        ...process.env,
        GLASSPILOT_DATASETS: '',
        XDG_CACHE_HOME: join(cwd, '.cache'),
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onStart?.(signal => child.kill(signal))
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      onStderr?.(stderr, signal => child.kill(signal))
    })
    child.on('close', code => done({ code, stdout, stderr }))
  })
}

/** A folder that goes away after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A table with numbers, words, missing values, a quoted text and a signal; same seed, same file. */
export function writeTable(
  path: string,
  task: 'binary' | 'multiclass' | 'regression',
  rows: number,
  seed = 1,
): void {
  const rng = createRng(seed)
  const colours = ['red', 'green', 'blue, dark', 'say "hi"']
  const lines = ['age,colour,income,joined,y']
  for (let row = 0; row < rows; row++) {
    const age = 18 + rng.int(60)
    const colour = rng.int(colours.length)
    const income = rng.next() < 0.1 ? undefined : Math.round(20_000 + 600 * age + 5000 * rng.normal())
    const joined = new Date(Date.UTC(2020, 0, 1 + rng.int(900))).toISOString().slice(0, 10)
    const signal = (age - 48) / 12 + (colour === 2 ? 1.5 : colour === 0 ? -1 : 0) + 0.5 * rng.normal()
    const y =
      task === 'regression'
        ? signal.toFixed(4)
        : task === 'binary'
          ? signal > 0.4
            ? 'yes'
            : 'no'
          : signal < -0.7
            ? 'low'
            : signal < 0.7
              ? 'mid'
              : 'high'
    lines.push([age, `"${colours[colour]!.replaceAll('"', '""')}"`, income ?? '', joined, y].join(','))
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
}

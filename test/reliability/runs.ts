import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readExperiment } from '../../src/experiment/store.ts'
import type { JournalRecord } from '../../src/experiment/journal.ts'

export const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly seconds: number
}

interface Options {
  readonly cwd: string
  /** Program and arguments before `node`, such as strace. */
  readonly under?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly onSpawn?: (child: ChildProcess) => void
}

const HELD_MS = 10_000

/** How a process ended, once all it wrote is read; a process that outlives it and holds its pipes is not waited for. */
export const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise(done => {
    child.on('exit', (code, signal) => {
      const held = setTimeout(() => done({ code, signal }), HELD_MS)
      child.on('close', () => {
        clearTimeout(held)
        done({ code, signal })
      })
    })
  })

/** Runs the built command line, perhaps under another program. */
export function runCli(args: readonly string[], { cwd, under = [], env, onSpawn }: Options): Promise<Ended> {
  const started = performance.now()
  const [program, ...rest] = [...under, process.execPath, MAIN, ...args] as [string, ...string[]]
  return new Promise(done => {
    const child = spawn(program, rest, {
      cwd,
      env: { ...process.env, GLASSPILOT_DATASETS: '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    void ended(child).then(({ code, signal }) =>
      done({ code, signal, stderr, seconds: (performance.now() - started) / 1000 }),
    )
    onSpawn?.(child)
  })
}

/** Goes on with a folder, or begins anew where nothing had been begun. */
export async function goOn(folder: string, begin: readonly string[], cwd: string): Promise<Ended> {
  const args = existsSync(join(folder, 'experiment.json')) ? ['resume', folder, '--quiet'] : [...begin]
  return runCli(args, { cwd })
}

/** Trials that were asked for and had no end yet. */
export function runningTrials(folder: string): { ended: Set<number>; running: Set<number> } {
  if (!existsSync(join(folder, 'experiment.json'))) return { ended: new Set(), running: new Set() }
  const { records } = readExperiment(folder)
  const ended = new Set(records.flatMap(record => (record.type === 'trial' ? [record.trial.id] : [])))
  const asked = records.flatMap(record =>
    record.type === 'generation' ? record.trials.map(({ id }) => id) : [],
  )
  return { ended, running: new Set(asked.filter(id => !ended.has(id))) }
}

/** How often each trial came to an end. */
export function endsOf(records: readonly JournalRecord[]): Map<number, number> {
  const ends = new Map<number, number>()
  for (const record of records)
    if (record.type === 'trial') ends.set(record.trial.id, (ends.get(record.trial.id) ?? 0) + 1)
  return ends
}

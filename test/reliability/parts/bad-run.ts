import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

export interface BadRun {
  readonly states: readonly {
    readonly id: number
    readonly state: string
    readonly reason?: string
    readonly attempts?: number
  }[]
  readonly leaderboard: string
  /** Bytes by which the main process grew. */
  readonly parentGrowth: number
  /** By which share of its limit a worker went beyond it. */
  readonly overshoot: number
  /** Share of the machine's memory. */
  readonly leastFree: number
  /** Processes left behind. */
  readonly left: number
}

export interface BadOptions {
  /** Trials that go bad, and how. */
  readonly bad: readonly (readonly [trial: number, kind: string])[]
  readonly trials: number
  /** Only the first time a trial is begun. */
  readonly once?: boolean
  readonly trialBytes?: number
}

/** Runs an experiment on `train.csv` of the folder, in a process of its own, some of whose trials go bad. */
export const runWithBad = (folder: string, output: string, options: BadOptions): Promise<BadRun> =>
  new Promise((resolve, reject) => {
    const driver = join(import.meta.dirname, 'bad-run.mjs')
    const args = [driver, join(folder, 'train.csv'), join(folder, output), JSON.stringify(options)]
    const child = spawn(process.execPath, args)
    let text = ''
    let problem = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()))
    child.on('close', code => (code === 0 ? resolve(JSON.parse(text) as BadRun) : reject(new Error(problem))))
  })

import { fork, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Executor, SubmitOptions, TrialJob } from '../../experiment/executor.ts'
import type { Trial, TrialState } from '../../experiment/types.ts'
import { availableBytes, residentBytes } from './machine.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { ENGINE_VARIABLE } from '../../neural/engine.ts'
import { DEVICE_VARIABLE } from '../../onnx/device.ts'

const WATCH_MS = 200
const RETRIES = 2
/** Share of the memory free at the start that all workers together may use. */
const MEMORY_SHARE = 0.85
const SMALLEST_LIMIT = 700e6
/** Kept from the parent's environment; credentials and the rest stay out of workers. */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'SystemRoot',
  'LD_LIBRARY_PATH',
  DEVICE_VARIABLE,
  ENGINE_VARIABLE,
  'VK_ICD_FILENAMES', // which driver WebGPU takes
  'XDG_RUNTIME_DIR',
]

interface Verdict {
  readonly state: TrialState
  readonly reason: string
}

interface Task {
  readonly job: TrialJob
  readonly options: SubmitOptions
  readonly resolve: (trial: Trial) => void
  attempts: number
}

interface Slot {
  child: ChildProcess | undefined
  task: Task | undefined
  startedMs: number
  /** Seconds after which the running trial is killed. */
  hardSeconds: number
  /** Why the pool killed it, when it did. */
  verdict: Verdict | undefined
  stderr: string
}

/** The compiled worker, also when the sources are run by a test runner. */
const entry = (): string =>
  fileURLToPath(new URL('./worker.js', import.meta.url)).replace(/([\\/])src([\\/]backends)/, '$1dist$2')

const unfinished = ({ job: { request, candidate } }: Task, verdict: Verdict): Trial => ({
  id: request.id,
  candidate: candidate.name,
  algorithm: candidate.algorithm,
  params: request.params,
  seed: request.seed,
  ...verdict,
})

/**
 * Runs trials in child processes, one thread each: a trial that crashes, hangs or eats memory dies alone and is recorded
 * with its reason.
 */
export class LocalPool implements Executor {
  readonly slots: number
  private readonly folder: string
  private readonly limitBytes: number
  private readonly workers: readonly Slot[]
  private readonly queue: Task[] = []
  private readonly watch: NodeJS.Timeout
  private closing = false
  private killAtMs = Infinity

  constructor(folder: string, slots: number) {
    this.folder = folder
    this.slots = slots
    this.limitBytes = Math.max(SMALLEST_LIMIT, (availableBytes() * MEMORY_SHARE) / slots)
    this.workers = Array.from({ length: slots }, () => ({
      child: undefined,
      task: undefined,
      startedMs: 0,
      hardSeconds: Infinity,
      verdict: undefined,
      stderr: '',
    }))
    this.watch = setInterval(() => this.check(), WATCH_MS)
  }

  warm(): void {
    for (const slot of this.workers) slot.child ??= this.spawn(slot)
  }

  submit(job: TrialJob, options: SubmitOptions): Promise<Trial> {
    return new Promise(resolve => {
      this.queue.push({ job, options, resolve, attempts: 0 })
      this.dispatch()
    })
  }

  private dispatch(): void {
    for (const slot of this.workers) {
      while (!slot.task && this.queue.length > 0) this.begin(slot, this.queue.shift()!)
    }
  }

  private begin(slot: Slot, task: Task): void {
    const { softSeconds, hardSeconds } = task.options.time()
    if (softSeconds <= 0) {
      task.resolve(unfinished(task, { state: 'STOPPED', reason: 'never started' }))
      return
    }
    slot.task = task
    slot.startedMs = performance.now()
    slot.hardSeconds = hardSeconds
    slot.verdict = undefined
    slot.child ??= this.spawn(slot)
    task.attempts++
    task.options.onStart()
    send(slot, { type: 'run', job: task.job, seconds: softSeconds })
  }

  private spawn(slot: Slot): ChildProcess {
    const child = fork(entry(), [this.folder], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${Math.floor((this.limitBytes * 0.75) / 1e6)}`],
      env: Object.fromEntries(
        ENVIRONMENT.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    })
    slot.stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => (slot.stderr = (slot.stderr + chunk.toString()).slice(-4000)))
    child.on('message', (message: FromWorker) => {
      if (message.type === 'done') this.settle(slot, message.trial)
    })
    child.on('error', () => {})
    child.on('exit', (code, signal) => {
      if (slot.child !== child) return
      slot.child = undefined
      this.died(slot, code, signal)
    })
    return child
  }

  private settle(slot: Slot, trial: Trial): void {
    const task = slot.task
    slot.task = undefined
    task?.resolve(trial)
    if (!this.closing) this.dispatch()
  }

  /** A worker ended without an answer: by our verdict, for want of memory, or for reasons of its own. */
  private died(slot: Slot, code: number | null, signal: string | null): void {
    const { task } = slot
    if (!task) return
    const verdict = slot.verdict ?? this.outOfHeap(slot)
    if (!verdict && task.attempts <= RETRIES && !this.closing) {
      slot.task = undefined
      this.queue.unshift(task)
      this.dispatch()
      return
    }
    const how = signal ? `signal ${signal}` : `exit code ${code}`
    this.settle(
      slot,
      unfinished(
        task,
        verdict ?? { state: 'CRASHED', reason: `worker ended with ${how}, ${task.attempts} times` },
      ),
    )
  }

  private outOfHeap({ stderr }: Slot): Verdict | undefined {
    if (!/heap out of memory|allocation failed/i.test(stderr)) return undefined
    return { state: 'MEMOUT', reason: `ran out of memory (limit ${Math.round(this.limitBytes / 1e6)} MB)` }
  }

  /** Kills what outstays its time, its memory or a stop. */
  private check(): void {
    const now = performance.now()
    for (const slot of this.workers) {
      const pid = slot.child?.pid
      if (!slot.task || pid === undefined) continue
      const seconds = (now - slot.startedMs) / 1000
      const limit = slot.hardSeconds
      const bytes = residentBytes(pid)
      if (now >= this.killAtMs) kill(slot, { state: 'STOPPED', reason: 'stopped before it finished' })
      else if (bytes > this.limitBytes) {
        kill(slot, {
          state: 'MEMOUT',
          reason: `used ${Math.round(bytes / 1e6)} MB of memory (limit ${Math.round(this.limitBytes / 1e6)} MB)`,
        })
      } else if (seconds > limit) {
        kill(slot, { state: 'TIMEOUT', reason: `did not finish in ${limit.toFixed(0)} s` })
      }
    }
  }

  async stop(graceSeconds: number): Promise<void> {
    this.closing = true
    this.killAtMs = Math.min(this.killAtMs, performance.now() + graceSeconds * 1000)
    for (const task of this.queue.splice(0))
      task.resolve(unfinished(task, { state: 'STOPPED', reason: 'never started' }))
    for (const slot of this.workers) if (slot.task) send(slot, { type: 'stop' })
  }

  async close(): Promise<void> {
    this.closing = true
    clearInterval(this.watch)
    await Promise.all(
      this.workers.map(({ child }) => {
        if (!child || child.exitCode !== null || child.signalCode !== null) return undefined
        const gone = new Promise(resolve => child.once('exit', resolve))
        child.kill('SIGKILL')
        return gone
      }),
    )
  }
}

const send = ({ child }: Slot, message: ToWorker): void => {
  if (child?.connected) child.send(message, () => {})
}

const kill = (slot: Slot, verdict: Verdict): void => {
  slot.verdict ??= verdict
  slot.child?.kill('SIGKILL')
}

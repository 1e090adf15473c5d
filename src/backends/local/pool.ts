import process from 'node:process'
import { identityOf, type Executor, type SubmitOptions, type TrialJob } from '../../experiment/executor.ts'
import type { Trial } from '../../experiment/types.ts'
import { withoutSecrets } from '../../util/redact.ts'
import { startWorker, workerEntry, type WorkerPlace } from './launch.ts'
import { systemMemoryKills } from './machine.ts'
import { fitsBeside, isShort, neverFits, planMemory, type MemoryPlan } from './memory.ts'
import { answerIn, lineReader, OUT_OF_MEMORY } from './messages.ts'
import {
  emptySlot,
  endedForMemory,
  errorIn,
  judge,
  kill,
  send,
  stalls,
  type Slot,
  type Task,
  type Verdict,
} from './slot.ts'

const WATCH_MS = 50
/** Watches between two looks at what costs more to see. */
const SELDOM = 20
/** A watch that comes so late has been asleep with everything else: it judges nobody before answers were read. */
const LATE_MS = 2000
const RETRIES = 2
/** Of the time a stopped trial gets, so much is for ending by itself with a result. */
const FINISHING_SHARE = 0.8
const STANDARD_BYTES = 300e6

export interface PoolOptions {
  /** Most memory one trial may use; its share of what is free unless given. */
  readonly trialBytes?: number
  /** Module that a worker runs, in place of the usual one: it must call `serveTrials`. */
  readonly entry?: string
  /** Told when the machine's state changes what runs. */
  readonly onNote?: (message: string) => void
}

/** What is recorded of a trial that did not answer. */
const unfinished = (
  { job, attempts }: Task,
  { state, reason }: Verdict,
  more: Partial<Trial> = {},
): Trial => ({
  ...identityOf(job),
  state,
  reason,
  ...(attempts > 1 && { attempts }),
  ...more,
})

/**
 * Runs trials in child processes: a trial that crashes, hangs or eats memory dies alone and is recorded
 * with its reason.
 */
export class LocalPool implements Executor {
  readonly slots: number
  readonly sharesFolder = true
  private readonly place: WorkerPlace
  private readonly memory: MemoryPlan
  private readonly note: (message: string) => void
  private readonly workers: readonly Slot[]
  private readonly queue: Task[] = []
  private readonly watch: NodeJS.Timeout
  private watches = 0
  private watchedMs = performance.now()
  private closing = false
  private stopAtMs = Infinity
  private killAtMs = Infinity
  private memoryKills = systemMemoryKills()
  /** Worker processes die with this one, whatever ends it. */
  private readonly onExit = () => this.workers.forEach(({ child }) => child?.kill('SIGKILL'))

  constructor(folder: string, slots: number, { trialBytes, entry, onNote }: PoolOptions = {}) {
    this.slots = slots
    this.place = { folder, entry: entry ?? workerEntry() }
    this.memory = planMemory(slots, trialBytes)
    this.note = onNote ?? (() => {})
    this.workers = Array.from({ length: slots }, emptySlot)
    this.watch = setInterval(() => this.check(), WATCH_MS)
    process.on('exit', this.onExit)
  }

  warm(): void {
    for (const slot of this.workers) if (!slot.child) this.spawn(slot, this.memory.limitOf(0))
  }

  submit(job: TrialJob, options: SubmitOptions): Promise<Trial> {
    return new Promise(resolve => {
      const expectedBytes = job.expectedBytes ?? STANDARD_BYTES
      const task: Task = { job, options, resolve, expectedBytes, attempts: 0 }
      if (neverFits(this.memory, expectedBytes)) {
        const megabytes = (bytes: number) => Math.round(bytes / 1e6)
        this.note(
          `trial ${job.request.id} (${job.candidate.name}) is skipped: it would need about ${megabytes(expectedBytes)} MB of memory, and ${megabytes(this.memory.allBytes)} MB are free for trials`,
        )
        resolve(
          unfinished(task, {
            state: 'MEMOUT',
            reason: 'not begun: expected to need more memory than there is',
          }),
        )
        return
      }
      this.queue.push(task)
      // Those submitted together are dispatched together: only then is it known which slots stay idle.
      queueMicrotask(() => this.dispatch())
    })
  }

  /** In order: one that must wait for memory is not overtaken for ever by smaller ones. */
  private dispatch(): void {
    while (this.queue.length > 0) {
      const slot = this.workers.find(({ task }) => !task)
      const running = this.workers.flatMap(({ task, bytes }) =>
        task ? [Math.max(bytes, task.expectedBytes)] : [],
      )
      if (!slot || !fitsBeside(this.memory, running, this.queue[0]!.expectedBytes)) return
      if (running.length > 0 && isShort()) return
      this.begin(slot, this.queue.shift()!)
    }
  }

  private begin(slot: Slot, task: Task): void {
    const { softSeconds, hardSeconds } = task.options.time()
    if (softSeconds <= 0) {
      task.resolve(unfinished(task, { state: 'STOPPED', reason: 'never started' }))
      return
    }
    const limit = this.memory.limitOf(task.expectedBytes)
    if (slot.child && slot.limitBytes < limit) {
      const outgrown = slot.child
      slot.child = undefined
      outgrown.kill('SIGKILL')
    }
    if (!slot.child) this.spawn(slot, limit)
    const now = performance.now()
    Object.assign(slot, { task, startedMs: now, movedMs: now, hardSeconds, verdict: undefined })
    slot.bytes = 0
    slot.peakBytes = 0
    task.attempts++
    task.options.onStart()
    const idle = this.queue.length > 0 ? 0 : this.workers.filter(other => !other.task).length
    send(slot, {
      type: 'run',
      job: task.job,
      ...(idle > 0 && { spareThreads: idle }),
      ...(Number.isFinite(softSeconds) && { seconds: softSeconds }),
    })
  }

  private spawn(slot: Slot, limitBytes: number): void {
    const child = startWorker(this.place, limitBytes)
    slot.child = child
    slot.limitBytes = limitBytes
    slot.stderr = ''
    const isCurrent = () => slot.child === child
    child.stderr?.on('data', (chunk: Buffer) => {
      if (isCurrent()) slot.stderr = (slot.stderr + chunk.toString()).slice(-4000)
    })
    const answers = child.stdio[3] as NodeJS.ReadableStream
    const babbles = () => kill(slot, { state: 'CRASHED', reason: 'worker answered what is no answer' })
    const read = lineReader(line => isCurrent() && this.hear(slot, line, babbles), babbles)
    answers.setEncoding('utf8').on('data', read)
    // A pipe to a process that has died breaks: its end tells enough.
    const streams: readonly NodeJS.EventEmitter[] = [child, child.stdin!, answers]
    for (const stream of streams) stream.on('error', () => {})
    child.on('close', (code, signal) => {
      if (!isCurrent()) return
      slot.child = undefined
      this.died(slot, code, signal)
    })
  }

  private hear(slot: Slot, line: string, babbles: () => void): void {
    const trial = answerIn(line, slot.task?.job.request.id)
    if (!trial) babbles()
    else {
      const { attempts } = slot.task!
      this.settle(slot, { ...trial, ...(attempts > 1 && { attempts }) })
    }
  }

  private settle(slot: Slot, trial: Trial): void {
    const task = slot.task
    slot.task = undefined
    // What a metric of one's own threw may tell anything.
    const { reason } = trial
    task?.resolve(reason === undefined ? trial : { ...trial, reason: withoutSecrets(reason) })
    if (!this.closing) this.dispatch()
  }

  /** A worker ended without an answer: by our verdict, for want of memory, or for reasons of its own. */
  private died(slot: Slot, code: number | null, signal: string | null): void {
    const { task } = slot
    if (!task) return
    const kills = systemMemoryKills()
    const starved = !slot.verdict && endedForMemory(slot, signal, kills - this.memoryKills)
    this.memoryKills = kills
    const verdict = starved ? { state: 'MEMOUT' as const, reason: OUT_OF_MEMORY } : slot.verdict
    const isCrash = verdict === undefined || verdict.state === 'CRASHED'
    if (!this.closing && (verdict?.again || (isCrash && task.attempts <= RETRIES))) {
      slot.task = undefined
      if (verdict?.again) task.attempts--
      this.queue.unshift(task)
      this.dispatch()
      return
    }
    const how = signal ? `signal ${signal}` : `exit code ${code}`
    const why = errorIn(slot.stderr)
    const crash: Verdict = {
      state: 'CRASHED',
      reason: `${verdict?.reason ?? `worker ended with ${how}${why === undefined ? '' : ` (${why})`}`}, ${task.attempts} times`,
    }
    this.settle(
      slot,
      unfinished(task, isCrash ? crash : verdict, {
        ...(slot.peakBytes > 0 && { memoryBytes: slot.peakBytes }),
        ...(isCrash && { exit: signal ?? code ?? 0 }),
      }),
    )
  }

  /** Kills what outstays its time, its memory or a stop, and what has stopped moving. */
  private check(): void {
    const now = performance.now()
    const isLate = now - this.watchedMs > LATE_MS
    this.watchedMs = now
    if (isLate) return
    const looksClosely = this.watches++ % SELDOM === 0
    if (now >= this.stopAtMs) this.askToStop()
    for (const slot of this.workers) {
      if (!slot.task) continue
      if (now >= this.killAtMs) kill(slot, { state: 'STOPPED', reason: 'stopped before it finished' })
      const verdict = judge(slot, now)
      if (verdict) kill(slot, verdict)
      else if (looksClosely && stalls(slot, now))
        kill(slot, { state: 'CRASHED', reason: 'worker did nothing for a minute' })
    }
    if (looksClosely && isShort()) this.makeRoom()
    // What waits for memory that others gave back.
    if (looksClosely && !this.closing) this.dispatch()
  }

  /** The machine is short of memory: the trial that holds most is put back, and given up when it was alone. */
  private makeRoom(): void {
    const running = this.workers.filter(({ task, verdict }) => task && !verdict)
    const [largest] = running.toSorted((a, b) => b.bytes - a.bytes)
    // Alone and no larger than expected: it is not the cause, and ending it would not help.
    if (!largest || (running.length === 1 && largest.bytes <= 2 * largest.task!.expectedBytes)) return
    this.note(
      `less than a tenth of this machine's memory is free: trial ${largest.task!.job.request.id} ${running.length > 1 ? 'waits until there is more' : 'is given up'}`,
    )
    kill(largest, { state: 'MEMOUT', reason: OUT_OF_MEMORY, again: running.length > 1 })
  }

  async stop(graceSeconds: number): Promise<void> {
    const now = performance.now()
    this.closing = true
    this.stopAtMs = Math.min(this.stopAtMs, now + FINISHING_SHARE * graceSeconds * 1000)
    this.killAtMs = Math.min(this.killAtMs, now + graceSeconds * 1000)
    for (const task of this.queue.splice(0))
      task.resolve(unfinished(task, { state: 'STOPPED', reason: 'never started' }))
  }

  private askToStop(): void {
    this.stopAtMs = Infinity
    for (const slot of this.workers) if (slot.task) send(slot, { type: 'stop' })
  }

  async close(): Promise<void> {
    this.closing = true
    clearInterval(this.watch)
    process.off('exit', this.onExit)
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

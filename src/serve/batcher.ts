import { Refusal } from './refusal.ts'
import type { Row } from './rows.ts'

interface Job {
  readonly rows: readonly Row[]
  readonly outputs: Float64Array
  /** Rows already predicted. */
  done: number
  readonly resolve: (outputs: Float64Array) => void
  readonly reject: (error: unknown) => void
}

export interface BatcherOptions {
  /** Numbers in an answer per row. */
  readonly width: number
  /** Requests that may wait. */
  readonly maxQueue: number
  /** Told of every batch. */
  readonly onBatch?: (rows: number, milliseconds: number) => void
}

/** The loop of the server is not held longer than about this by one batch. */
const BATCH_MS = 5
const MAX_BATCH_ROWS = 5000
/** So many may wait however slow the model is; further ones as long as the work before them stays below `MAX_WAIT_MS`. */
const ALWAYS_TAKEN = 8
const MAX_WAIT_MS = 80
const CALM = 2

/**
 * Rows of all requests that came in together are predicted together: a call of the model costs as much as some ten rows. A
 * request of many rows goes in parts and queues again behind the others after each, so that nobody waits for it as a whole.
 */
export class Batcher {
  private readonly predict: (rows: readonly Row[]) => Promise<Float64Array>
  private readonly options: BatcherOptions
  private readonly queue: Job[] = []
  private running = false
  private waitingRows = 0
  /** Rows that take about BATCH_MS. */
  private limit = 32

  constructor(predict: (rows: readonly Row[]) => Promise<Float64Array>, options: BatcherOptions) {
    this.predict = predict
    this.options = options
  }

  /** Finds how many rows go together, with rows that nobody waits for. */
  async calibrate(row: Row): Promise<void> {
    for (let rows = 1; rows <= 64; rows *= 8) {
      await this.submit(Array.from({ length: rows }, () => row))
      if (this.limit < rows) return
    }
  }

  get waiting(): number {
    return this.queue.length
  }

  /** Outputs of the model for these rows, row-major. Refuses at once when too much waits already. */
  submit(rows: readonly Row[]): Promise<Float64Array> {
    const { width, maxQueue } = this.options
    const wait = (this.waitingRows / this.limit) * BATCH_MS
    if (this.queue.length >= maxQueue || (this.queue.length >= ALWAYS_TAKEN && wait > MAX_WAIT_MS)) {
      throw new Refusal(503, 'E_BUSY', 'too many requests wait already: expected fewer at once; try again')
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ rows, outputs: new Float64Array(rows.length * width), done: 0, resolve, reject })
      this.waitingRows += rows.length
      if (this.running) return
      this.running = true
      // Behind the requests that lie ready on other sockets.
      setImmediate(() => void this.run())
    })
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      const { parts, rows } = this.take()
      const start = performance.now()
      try {
        const outputs = await this.predict(rows)
        this.adapt(rows.length, performance.now() - start)
        this.deal(parts, outputs)
      } catch (error) {
        for (const { job } of parts) this.fail(job, error)
      }
    }
    this.running = false
  }

  /** The next rows, first come first served; what is left of a long request goes to the end of the queue. */
  private take(): { parts: { job: Job; rows: number }[]; rows: Row[] } {
    const parts: { job: Job; rows: number }[] = []
    const rows: Row[] = []
    for (let turns = this.queue.length; turns > 0 && rows.length < this.limit; turns--) {
      const job = this.queue.shift()!
      const end = Math.min(job.rows.length, job.done + this.limit - rows.length)
      for (let row = job.done; row < end; row++) rows.push(job.rows[row])
      parts.push({ job, rows: end - job.done })
      if (end < job.rows.length) this.queue.push(job)
    }
    this.waitingRows -= rows.length
    return { parts, rows }
  }

  private deal(parts: readonly { job: Job; rows: number }[], outputs: Float64Array): void {
    const { width } = this.options
    let at = 0
    for (const { job, rows } of parts) {
      job.outputs.set(outputs.subarray(at * width, (at + rows) * width), job.done * width)
      at += rows
      job.done += rows
      if (job.done === job.rows.length) job.resolve(job.outputs)
    }
  }

  private fail(job: Job, error: unknown): void {
    const at = this.queue.indexOf(job)
    if (at >= 0) {
      this.queue.splice(at, 1)
      this.waitingRows -= job.rows.length - job.done
    }
    job.reject(error)
  }

  /** Of a busy loop the clock says more than of the model: only calm moments count, or gains. */
  private adapt(rows: number, milliseconds: number): void {
    this.options.onBatch?.(rows, milliseconds)
    if (milliseconds > BATCH_MS) {
      if (this.queue.length <= CALM && rows >= this.limit / 2)
        this.limit = Math.max(1, Math.min(this.limit, Math.ceil((rows * BATCH_MS) / milliseconds)))
    } else if (rows >= this.limit && milliseconds < 0.7 * BATCH_MS) {
      this.limit = Math.min(MAX_BATCH_ROWS, Math.ceil(this.limit * 1.25))
    }
  }
}

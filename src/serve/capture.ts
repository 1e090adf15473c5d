import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { CSV, type MediaType } from './media.ts'

export interface CaptureOptions {
  readonly folder: string
  /** Percent of requests, 0 … 100, evenly spread. */
  readonly percent: number
  /** A file is followed by another after so many bytes or seconds. */
  readonly maxBytes: number
  readonly maxSeconds: number
  /** What of a request is kept; both sides unless said. */
  readonly sides?: readonly Side[]
}

export type Side = 'Input' | 'Output'

export const CAPTURE_DEFAULTS = { percent: 100, maxBytes: 64 * 2 ** 20, maxSeconds: 3600 }

/** One request and its answer. */
export interface Captured {
  readonly contentType: string
  readonly body: Uint8Array
  readonly answerType: string
  readonly answer: string
}

/**
 * Requests and answers as SageMaker's data capture writes them: JSON lines under `year/month/day/hour/`, so that tools made for
 * it, and `monitor`, read both alike.
 */
export class Capture {
  private readonly options: CaptureOptions
  private readonly clock: () => Date
  private file: number | undefined
  private bytes = 0
  private opened = 0
  private seen = 0

  constructor(options: CaptureOptions, clock: () => Date = () => new Date()) {
    this.options = options
    this.clock = clock
  }

  add({ contentType, body, answerType, answer }: Captured): void {
    const { percent } = this.options
    const before = Math.floor((this.seen * percent) / 100)
    this.seen++
    if (Math.floor((this.seen * percent) / 100) === before) return
    const now = this.clock()
    const { sides = ['Input', 'Output'] } = this.options
    const line = `${JSON.stringify({
      captureData: {
        ...(sides.includes('Input') && {
          endpointInput: side('INPUT', contentType, Buffer.from(body).toString('utf8')),
        }),
        ...(sides.includes('Output') && { endpointOutput: side('OUTPUT', answerType, answer) }),
      },
      eventMetadata: { eventId: eventId(), inferenceTime: now.toISOString() },
      eventVersion: '0',
    })}\n`
    writeSync(this.fileFor(now), line)
    this.bytes += Buffer.byteLength(line)
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
  }

  private fileFor(now: Date): number {
    const { folder, maxBytes, maxSeconds } = this.options
    const isFull = this.bytes >= maxBytes || now.getTime() - this.opened >= maxSeconds * 1000
    if (this.file !== undefined && !isFull) return this.file
    this.close()
    const iso = now.toISOString()
    const place = join(folder, iso.slice(0, 4), iso.slice(5, 7), iso.slice(8, 10), iso.slice(11, 13))
    mkdirSync(place, { recursive: true, mode: 0o700 })
    const name = `${iso.slice(14, 16)}-${iso.slice(17, 19)}-${iso.slice(20, 23)}-${randomBytes(8).toString('hex')}.jsonl`
    this.file = openSync(join(place, name), 'ax', 0o600)
    this.bytes = 0
    this.opened = now.getTime()
    return this.file
  }
}

const side = (mode: string, type: MediaType | string, data: string) => ({
  observedContentType: type,
  mode,
  data,
  encoding: type.startsWith(CSV) ? 'CSV' : 'JSON',
})

const eventId = (): string =>
  randomBytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

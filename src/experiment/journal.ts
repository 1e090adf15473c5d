import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Params } from '../params/space.ts'
import { InputError } from '../util/errors.ts'
import type { Anytime, Ensemble, Trial } from './types.ts'

/** A trial as it was asked for, before it ran. */
export interface TrialRequest {
  readonly id: number
  readonly candidate: string
  /** Hash of the candidate's definition: a trial of an edited candidate does not count any more. */
  readonly definition: string
  readonly params: Params
  readonly seed: number
}

/** Everything that cannot be recomputed. The rest of the folder follows from these records and the data. */
export type JournalRecord =
  | { readonly type: 'created'; readonly version: string }
  | { readonly type: 'prepared'; readonly dataSha256: string; readonly rows: number }
  | { readonly type: 'generation'; readonly trials: readonly TrialRequest[] }
  | { readonly type: 'trial'; readonly definition: string; readonly trial: Trial }
  | ({ readonly type: 'anytime' } & Anytime)
  | { readonly type: 'ensemble'; readonly ensemble: Ensemble }
  | { readonly type: 'finished'; readonly trials: number; readonly reason?: string }
  | { readonly type: 'stopped'; readonly reason: string }

/** One line: length of the JSON in bytes, its CRC-32 in hex, the JSON. */
const encodeRecord = (record: JournalRecord): Buffer => {
  const json = Buffer.from(JSON.stringify(record))
  return Buffer.concat([
    Buffer.from(`${json.length} ${crc32(json).toString(16).padStart(8, '0')} `),
    json,
    Buffer.from('\n'),
  ])
}

const NEWLINE = 10
const SPACE = 32
const HEAD_BYTES = 32 // more than "length crc " ever needs

/** Reads whole records from the start; `end` is the byte after the last good one, where a torn tail is cut. */
export function decodeJournal(bytes: Uint8Array): { records: JournalRecord[]; end: number } {
  const records: JournalRecord[] = []
  let end = 0
  for (;;) {
    const head = bytes.subarray(end, end + HEAD_BYTES)
    const first = head.indexOf(SPACE)
    const second = first < 0 ? -1 : head.indexOf(SPACE, first + 1)
    if (second < 0) return { records, end }
    const length = Number(Buffer.from(head.subarray(0, first)).toString())
    const crc = Buffer.from(head.subarray(first + 1, second)).toString()
    const start = end + second + 1
    const json = Buffer.from(bytes.subarray(start, start + length))
    const whole = Number.isInteger(length) && json.length === length && bytes[start + length] === NEWLINE
    if (!whole || crc32(json).toString(16).padStart(8, '0') !== crc) return { records, end }
    records.push(JSON.parse(json.toString()) as JournalRecord)
    end = start + length + 1
  }
}

/** Records of a journal for reading; a torn tail is ignored, damage before the tail is refused. */
export function readJournal(path: string): JournalRecord[] {
  if (!existsSync(path)) return []
  const bytes = readFileSync(path)
  const { records, end } = decodeJournal(bytes)
  const lastBreak = bytes.subarray(end).indexOf(NEWLINE)
  if (lastBreak >= 0 && lastBreak < bytes.length - end - 1) {
    throw new InputError(
      'E_JOURNAL_DAMAGED',
      `journal ${path} is damaged after byte ${end} (record ${records.length + 1}): expected a whole record there; restore it from a copy, or run "glasspilot repair"`,
      { exit: 'io' },
    )
  }
  return records
}

export interface Journal {
  readonly records: readonly JournalRecord[]
  /** Durable when it returns: written and fdatasync'ed. */
  append(record: JournalRecord): void
  close(): void
}

/** Opens for writing: reads what is there, cuts a torn tail, appends at a record boundary. The caller holds the lock. */
export function openJournal(path: string): Journal {
  const records = readJournal(path)
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600)
  let position = existsSync(path) ? decodeJournal(readFileSync(path)).end : 0
  ftruncateSync(file, position)
  return {
    records,
    append(record) {
      const line = encodeRecord(record)
      for (let written = 0; written < line.length;) {
        written += writeSync(file, line, written, line.length - written, position + written)
      }
      fdatasyncSync(file)
      position += line.length
      records.push(record)
    },
    close: () => closeSync(file),
  }
}

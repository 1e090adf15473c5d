import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Params } from '../params/space.ts'
import { InputError } from '../util/errors.ts'
import { disk, diskError, syncFolder } from '../util/files.ts'
import { FORMAT_VERSION, requireVersion } from './format.ts'
import type { Anytime, Ensemble, ExperimentSpec, Trial } from './types.ts'

/** A trial as it was asked for, before it ran. */
export interface TrialRequest {
  readonly id: number
  readonly candidate: string
  /** Hash of the candidate's definition: a trial of an edited candidate does not count any more. */
  readonly definition: string
  readonly params: Params
  readonly seed: number
  /** Share of the training rows it learns from; all unless said. */
  readonly rowShare?: number
  /** Share of its rounds, epochs or trees that it takes; all unless said. */
  readonly stepShare?: number
  /** Trials whose held-out answers it learns from too. */
  readonly stack?: readonly number[]
}

/** Everything that cannot be recomputed. The rest of the folder follows from these records and the data. */
export type JournalRecord =
  | {
      readonly type: 'created'
      /** The Glasspilot that made it. */
      readonly version: string
      readonly formatVersion?: number
      /** What was asked, as `experiment.json` has it. */
      readonly spec?: ExperimentSpec
    }
  | {
      readonly type: 'prepared'
      readonly dataSha256: string
      /** Of the test file, where there is one. */
      readonly testSha256?: string
      readonly rows: number
      /** SHA-256 of what was made of the data, by path within the folder. */
      readonly files?: Readonly<Record<string, string>>
    }
  | { readonly type: 'generation'; readonly trials: readonly TrialRequest[] }
  | { readonly type: 'trial'; readonly definition: string; readonly trial: Trial }
  | ({ readonly type: 'anytime' } & Anytime)
  | { readonly type: 'ensemble'; readonly ensemble: Ensemble }
  | { readonly type: 'finished'; readonly trials: number; readonly reason?: string }
  | { readonly type: 'stopped'; readonly reason: string }

/** One line: length of the JSON in bytes, its CRC-32 in hex, the JSON. */
export const encodeRecord = (record: JournalRecord): Buffer => {
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

/** The whole record at a byte, and the byte after it; undefined when there is none. */
function recordAt(bytes: Uint8Array, at: number): { record: JournalRecord; end: number } | undefined {
  const head = bytes.subarray(at, at + HEAD_BYTES)
  const first = head.indexOf(SPACE)
  const second = first < 0 ? -1 : head.indexOf(SPACE, first + 1)
  if (second < 0) return undefined
  const digits = Buffer.from(head.subarray(0, first)).toString('latin1')
  if (!/^\d+$/.test(digits)) return undefined
  const length = Number(digits)
  const crc = Buffer.from(head.subarray(first + 1, second)).toString('latin1')
  const start = at + second + 1
  const json = Buffer.from(bytes.subarray(start, start + length))
  if (json.length !== length || bytes[start + length] !== NEWLINE) return undefined
  if (crc32(json).toString(16).padStart(8, '0') !== crc) return undefined
  return { record: JSON.parse(json.toString()) as JournalRecord, end: start + length + 1 }
}

/** Reads whole records from the start; `end` is the byte after the last good one, where a torn tail is cut. */
export function decodeJournal(bytes: Uint8Array): { records: JournalRecord[]; end: number } {
  const records: JournalRecord[] = []
  let end = 0
  for (;;) {
    const found = recordAt(bytes, end)
    if (!found) return { records, end }
    records.push(found.record)
    end = found.end
  }
}

/** Where a whole record begins, after a byte where none does; -1 when there is no other. */
function nextRecord(bytes: Uint8Array, from: number): number {
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf(NEWLINE, at)
    if (lineEnd < 0 || lineEnd + 1 >= bytes.length) return -1
    at = lineEnd + 1
    if (recordAt(bytes, at)) return at
  }
}

/** A stretch of a journal that holds no whole record. */
export interface Damage {
  readonly startByte: number
  /** Exclusive. */
  readonly endByte: number
}

/** Every whole record of a damaged journal, and the stretches between them. */
export function salvageJournal(bytes: Uint8Array): { records: JournalRecord[]; damage: Damage[] } {
  const records: JournalRecord[] = []
  const damage: Damage[] = []
  for (let at = 0; at < bytes.length;) {
    const { records: whole, end } = decodeJournal(bytes.subarray(at))
    records.push(...whole)
    at += end
    if (at >= bytes.length) break
    const next = nextRecord(bytes, at)
    damage.push({ startByte: at, endByte: next < 0 ? bytes.length : next })
    if (next < 0) break
    at = next
  }
  return { records, damage }
}

/** Records of a journal for reading; a torn tail is ignored, damage before the tail is refused. */
export const readJournal = (path: string): JournalRecord[] => checkedJournal(path).records

/** `tailBytes`: of a last record that was never whole. */
function checkedJournal(path: string): { records: JournalRecord[]; end: number; tailBytes: number } {
  if (!existsSync(path)) return { records: [], end: 0, tailBytes: 0 }
  const bytes = readFileSync(path)
  const { records, end } = decodeJournal(bytes)
  const first = records[0]
  if (first?.type === 'created') requireVersion(path, first.formatVersion ?? FORMAT_VERSION, first.version)
  // Each record was durable before the next was begun: only the last can be torn.
  if (end < bytes.length && nextRecord(bytes, end) >= 0) {
    throw new InputError(
      'E_JOURNAL_DAMAGED',
      `journal ${path} is damaged after byte ${end} (record ${records.length + 1}): expected a whole record there; restore it from a copy, or run "glasspilot repair ${dirname(path)}"`,
      { exit: 'io' },
    )
  }
  return { records, end, tailBytes: bytes.length - end }
}

export interface Journal {
  readonly records: readonly JournalRecord[]
  /** Bytes of an unfinished last record that were cut off when it was opened. */
  readonly tornBytes: number
  /** Durable when it returns: written and fdatasync'ed. */
  append(record: JournalRecord): void
  close(): void
}

/** Opens for writing: reads what is there, cuts a torn tail, appends at a record boundary. The caller holds the lock. */
export function openJournal(path: string): Journal {
  const { records, end, tailBytes } = checkedJournal(path)
  const guarded = <T>(bytes: number, work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw diskError(error, path, bytes)
    }
  }
  const file = guarded(0, () => {
    const isNew = !existsSync(path)
    const opened = disk.openSync(path, isNew ? 'wx+' : 'r+', 0o600)
    if (tailBytes > 0) disk.ftruncateSync(opened, end)
    if (isNew) syncFolder(dirname(path))
    return opened
  })
  let position = end
  let failure: unknown
  return {
    records,
    tornBytes: tailBytes,
    append(record) {
      // After a failed write or sync nobody knows what is on the disk: nothing is added behind it.
      if (failure !== undefined) throw failure
      const line = encodeRecord(record)
      try {
        guarded(line.length, () => {
          for (let written = 0; written < line.length;) {
            written += disk.writeSync(file, line, written, line.length - written, position + written)
          }
          disk.fdatasyncSync(file)
        })
      } catch (error) {
        failure = error
        throw error
      }
      position += line.length
      records.push(record)
    },
    close: () => disk.closeSync(file),
  }
}

import { isAscii, isUtf8 } from 'node:buffer'
import { withArena } from '../kernels/kernels.ts'
import type { Arena, Pointer } from '../kernels/kernels.ts'
import { PlainNumberBuilder } from './builders.ts'
import type { WordBuilder } from './builders.ts'
import { NumberLane, WordLane } from './lane-columns.ts'
import type { Block, LaneColumn } from './lane-columns.ts'

/** Bytes worked on at a time: with their cells they stay in the processor's cache. */
const PIECE_BYTES = 1 << 17
/** A longer record ends the lane. */
const MAX_RECORD_BYTES = 1 << 22
/** The kernels look ahead and behind so far. */
const PAD_BYTES = 64

const NEWLINE = 10

export interface LaneTable {
  /** One per column; columns without a builder are passed over. */
  readonly builders: readonly (PlainNumberBuilder | WordBuilder | undefined)[]
  readonly delimiter: string
  readonly newline: '\n' | '\r\n'
  /** Records before the data: 0, or 1 for a header. */
  readonly skipRecords: number
  /** Line of the first byte. */
  readonly firstLine: number
  /** The first name of the header: a row that begins with it may be a second table. */
  readonly firstName: string
  /** Bytes worked on at a time: 128 KiB unless said. */
  readonly pieceBytes?: number
}

/**
 * Reads a clean UTF-8 table straight from bytes: the kernels find where cells end, then take column after column of a piece; a
 * string is made of new words and of odd cells only. It gives up (false) at the first record that is not as RFC 4180 wants it,
 * and of the table's width; the caller then starts over with the careful reader, which this one equals cell for cell on all it
 * accepts.
 */
export const readMixedBytes = (
  chunks: AsyncIterable<Buffer>,
  table: LaneTable,
): Promise<{ rows: number } | false> => withArena(arena => readInto(arena, chunks, table))

async function readInto(
  arena: Arena,
  chunks: AsyncIterable<Buffer>,
  table: LaneTable,
): Promise<{ rows: number } | false> {
  const lane = new Lane(arena, table)
  for await (const chunk of chunks) if (!lane.take(chunk)) return false
  if (!lane.end()) return false
  return { rows: lane.rows }
}

class Lane {
  rows = 0
  private readonly arena: Arena
  private readonly table: LaneTable
  private readonly columns: readonly (LaneColumn | undefined)[]
  private readonly headers: Pointer
  private readonly headerLength: number
  /** What `findRecords` keeps from piece to piece. */
  private readonly state: Pointer
  private readonly pieceBytes: number
  /** Room for bytes, ends, records and one column of cells. */
  private room = 0
  private bytes: Pointer = 0
  private ends: Pointer = 0
  private starts: Pointer = 0
  private firsts: Pointer = 0
  private out: Pointer = 0
  private spare: Pointer = 0
  /** Bytes at the start of the buffer that wait for the end of their record. */
  private held = 0
  private line: number

  constructor(arena: Arena, table: LaneTable) {
    this.arena = arena
    this.table = table
    this.line = table.firstLine
    this.pieceBytes = table.pieceBytes ?? PIECE_BYTES
    const header = Buffer.from(table.firstName + table.delimiter)
    const quoted = Buffer.from(`"${table.firstName}"${table.delimiter}`)
    this.headers = arena.put(Buffer.concat([header, quoted]))
    this.headerLength = header.length
    this.state = arena.put(Int32Array.of(0, 0, table.skipRecords))
    this.columns = table.builders.map(builder =>
      builder instanceof PlainNumberBuilder
        ? new NumberLane(arena, builder)
        : builder && new WordLane(arena, builder.store),
    )
    this.makeRoom(2 * this.pieceBytes)
  }

  /** Bytes of the file, as many as may be; false to give up. */
  take(chunk: Buffer): boolean {
    for (let from = 0; from < chunk.length; from += this.pieceBytes) {
      const piece = chunk.subarray(from, from + this.pieceBytes)
      const length = this.held + piece.length
      if (length > this.room) {
        if (length > MAX_RECORD_BYTES) return false
        this.makeRoom(2 * length)
      }
      this.arena.u8(this.bytes + this.held, piece.length).set(piece)
      if (!this.read(length)) return false
    }
    return true
  }

  /** The last record, whose line end may lack. */
  end(): boolean {
    if (this.held > 0) {
      const ended = this.arena.u8(this.bytes + this.held - 1, 1)[0] === NEWLINE
      if (!ended && !this.take(Buffer.from(this.table.newline))) return false
      if (this.held > 0) return false
    }
    for (const column of this.columns) column?.end()
    return true
  }

  private read(length: number): boolean {
    const { arena, bytes, ends, starts, firsts, state, columns } = this
    const { delimiter, newline } = this.table
    const returns = newline === '\r\n' ? 1 : 0
    const n = arena.kernels.findRecords(
      bytes,
      length,
      delimiter.charCodeAt(0),
      returns,
      columns.length,
      this.headers,
      this.headerLength,
      state,
      ends,
      starts,
      firsts,
    )
    if (n < 0) return false
    const consumed = arena.words[state / 4]!
    const lines = arena.words[state / 4 + 1]!
    const whole = Buffer.from(arena.words.buffer, bytes, consumed)
    if (!isAscii(whole) && !isUtf8(whole)) return false
    const block: Block = {
      bytes,
      ends,
      starts,
      firsts,
      rows: n,
      out: this.out,
      spare: this.spare,
      lineOf: at => this.line + countNewlines(arena.u8(bytes, at)),
    }
    if (n > 0) columns.forEach((column, j) => column?.take(block, j, j === columns.length - 1 ? returns : 0))
    this.rows += n
    this.line += lines
    this.held = length - consumed
    arena.u8(bytes, length).copyWithin(0, consumed, length)
    return true
  }

  /** All anew: what is held moves along. A record has a byte for each of its cells at least. */
  private makeRoom(room: number): void {
    const { arena, held } = this
    const kept = arena.u8(this.bytes, held).slice()
    const records = Math.ceil(room / this.table.builders.length) + 64
    this.bytes = arena.allocate(room + 2 * PAD_BYTES) + PAD_BYTES
    this.ends = arena.allocate(4 * (room + PAD_BYTES))
    this.starts = arena.allocate(4 * records)
    this.firsts = arena.allocate(4 * records)
    this.out = arena.allocate(20 * records)
    this.spare = arena.allocate(room + PAD_BYTES)
    this.room = room
    arena.u8(this.bytes, held).set(kept)
  }
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (byte === NEWLINE) count++
  return count
}

/** Puts what was left over before what has come, in one buffer again and again: nothing read from it may outlive the next join. */
export class Joiner {
  private buffer: Buffer = Buffer.alloc(0)

  join(held: Buffer, chunk: Buffer): Buffer {
    const length = held.length + chunk.length
    if (this.buffer.length < length) {
      const larger = Buffer.allocUnsafeSlow(2 * length)
      held.copy(larger)
      this.buffer = larger
    } else this.buffer.set(held)
    chunk.copy(this.buffer, held.length)
    return this.buffer.subarray(0, length)
  }
}

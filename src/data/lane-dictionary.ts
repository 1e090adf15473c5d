import type { Arena, Pointer } from '../kernels/kernels.ts'

const ENTRY_BYTES = 32
const RECORD_BYTES = 64
/** Words so long lie in their entry, longer ones in the texts. */
const SHORT_BYTES = 16
const FIRST_ROOM = 16

/** Words of a record that the kernels keep, in steps of four bytes; `src/kernels/assembly/words.ts` draws it. */
const SLOTS = 0
const MASK = 1
const ENTRIES = 2
const ROOM = 3
const SIZE = 4
const TEXTS = 5
const TEXT_ROOM = 6
const TEXT_BYTES = 7

/** Different words and how often each was met, in the kernels' memory, which the host enlarges. */
export class LaneDictionary {
  readonly at: Pointer
  private readonly arena: Arena

  constructor(arena: Arena, words: readonly string[] = []) {
    this.arena = arena
    this.at = arena.allocate(RECORD_BYTES)
    arena.clear(this.at, RECORD_BYTES)
    this.makeEntries(Math.max(FIRST_ROOM, words.length))
    this.makeTexts(ENTRY_BYTES)
    for (const word of words) this.add(Buffer.from(word))
  }

  get size(): number {
    return this.record[SIZE]!
  }

  wordAt(code: number): string {
    const { record, arena } = this
    const entry = record[ENTRIES]! + ENTRY_BYTES * code
    const [length, start] = arena.u32(entry + SHORT_BYTES, 2)
    const at = length! <= SHORT_BYTES ? entry : record[TEXTS]! + start!
    return Buffer.from(arena.words.buffer, at, length).toString()
  }

  countAt(code: number): number {
    return this.arena.words[(this.record[ENTRIES]! + ENTRY_BYTES * code + 24) / 4]!
  }

  /** Twice the room of whatever lacks. */
  grow(): void {
    const { record } = this
    if (record[SIZE] === record[ROOM]) this.makeEntries(2 * record[ROOM]!)
    else this.makeTexts(2 * record[TEXT_ROOM]!)
  }

  private get record(): Uint32Array {
    return this.arena.u32(this.at, RECORD_BYTES / 4)
  }

  private add(word: Buffer): void {
    const { arena, at } = this
    const bytes = arena.put(Buffer.concat([word, Buffer.alloc(SHORT_BYTES)]))
    arena.kernels.addWord(at, bytes, word.length)
  }

  private makeEntries(room: number): void {
    const { arena } = this
    const slots = 2 ** Math.ceil(Math.log2(2 * room))
    const entries = this.moved(ENTRIES, this.size * ENTRY_BYTES, room * ENTRY_BYTES)
    const at = arena.allocate(4 * slots)
    arena.clear(at, 4 * slots)
    const { record } = this
    record[SLOTS] = at
    record[MASK] = slots - 1
    record[ENTRIES] = entries
    record[ROOM] = room
    arena.kernels.rehash(this.at)
  }

  private makeTexts(room: number): void {
    const texts = this.moved(TEXTS, this.record[TEXT_BYTES]!, room)
    const { record } = this
    record[TEXTS] = texts
    record[TEXT_ROOM] = room
  }

  private moved(field: number, used: number, room: number): Pointer {
    const { arena } = this
    const to = arena.allocate(room)
    if (used > 0) arena.u8(to, used).set(arena.u8(this.record[field]!, used))
    return to
  }
}

/** What the kernels of the reader find in a piece of a table, column by column, goes into the stores. */
import type { Arena, Pointer } from '../kernels/kernels.ts'
import type { PlainNumberBuilder } from './builders.ts'
import { LaneDictionary } from './lane-dictionary.ts'
import { isMissingText, MISSING_TOKENS } from './missing.ts'
import { plainNumber } from './numbers.ts'
import type { WordStore } from './stores.ts'

/** Records found in a piece of bytes; addresses lie in the kernels' memory. */
export interface Block {
  readonly bytes: Pointer
  readonly ends: Pointer
  readonly starts: Pointer
  readonly firsts: Pointer
  readonly rows: number
  /** Room for twenty bytes a row. */
  readonly out: Pointer
  /** Room for all bytes. */
  readonly spare: Pointer
  /** The line that the record at this offset of the bytes begins on. */
  lineOf(at: number): number
}

export interface LaneColumn {
  /** `trim`: bytes of the line end before its last one. */
  take(block: Block, column: number, trim: number): void
  end(): void
}

const ODD_BYTES = 12

export class NumberLane implements LaneColumn {
  private readonly arena: Arena
  private readonly builder: PlainNumberBuilder
  private readonly words: readonly string[]
  private readonly tokens: LaneDictionary
  /** Empty cells, then one count for each token. */
  private readonly counts: Pointer

  constructor(arena: Arena, builder: PlainNumberBuilder) {
    this.arena = arena
    this.builder = builder
    const known = builder.known ?? new Set(MISSING_TOKENS)
    this.words = [...known].filter(token => Number.isNaN(plainNumber(token)) && isMissingText(token, known))
    this.tokens = new LaneDictionary(arena, this.words)
    this.counts = arena.allocate(4 * (1 + this.words.length))
    arena.clear(this.counts, 4 * (1 + this.words.length))
  }

  take(block: Block, column: number, trim: number): void {
    const { arena, builder, tokens, counts } = this
    const { bytes, ends, starts, firsts, rows, out } = block
    const odd = out + 8 * rows
    const { kernels } = arena
    const strange = kernels.readNumbers(
      bytes,
      ends,
      starts,
      firsts,
      rows,
      column,
      trim,
      tokens.at,
      counts,
      odd,
      out,
    )
    if (strange > 0) this.takeOdd(block, odd, strange)
    if (builder.contradiction) return
    const { store } = builder
    // The odd cells have been dealt with: their room is free.
    if (!store.wide && kernels.narrow(out, rows, odd)) store.append(arena.f32(odd, rows))
    else store.append(arena.f64(out, rows))
  }

  /** Cells that the digits-only way could not take. */
  private takeOdd({ bytes, starts, rows, out, lineOf }: Block, odd: Pointer, strange: number): void {
    const { arena, builder } = this
    const list = arena.u32(odd, (ODD_BYTES / 4) * strange)
    const values = arena.f64(out, rows)
    const text = Buffer.from(list.buffer, bytes)
    for (let i = 0; i < list.length && !builder.contradiction; i += 3) {
      const row = list[i]!
      const cell = unquoted(text.toString('utf8', list[i + 1], list[i + 2]))
      values[row] = builder.valueOf(cell, () => lineOf(arena.u32(starts, rows)[row]!))
    }
  }

  /** The first of each token came as an odd cell. */
  end(): void {
    const { builder, words } = this
    const [empty, ...counts] = this.arena.u32(this.counts, 1 + words.length)
    builder.missing += empty!
    counts.forEach((count, i) => {
      if (count < 2) return
      builder.missing += count - 1
      builder.tokens.set(words[i]!, (builder.tokens.get(words[i]!) ?? 0) + count - 1)
    })
  }
}

const unquoted = (cell: string): string =>
  cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell

/** Words, by code while a dictionary is worth its room, then end to end. */
export class WordLane implements LaneColumn {
  private readonly arena: Arena
  private readonly store: WordStore
  private readonly dictionary: LaneDictionary
  private readonly result: Pointer

  constructor(arena: Arena, store: WordStore) {
    this.arena = arena
    this.store = store
    this.dictionary = new LaneDictionary(arena)
    this.result = arena.allocate(4)
  }

  take(block: Block, column: number, trim: number): void {
    const { arena, dictionary, store, result } = this
    const { bytes, ends, starts, firsts, rows, out, spare } = block
    let row = 0
    while (row < rows && !store.text) {
      const done = arena.kernels.readWords(
        bytes,
        ends,
        starts,
        firsts,
        row,
        rows,
        column,
        trim,
        dictionary.at,
        store.keepDictionary ? 1 : 0,
        spare,
        result,
        out,
      )
      for (let code = store.words.length; code < dictionary.size; code++) store.learn(dictionary.wordAt(code))
      store.appendCodes(arena.i32(out + 4 * row, done - row))
      if (arena.words[result / 4] === 1) {
        this.end()
        store.giveUpDictionary()
      } else if (done < rows) dictionary.grow()
      row = done
    }
    if (row < rows) this.takeTexts(block, row, column, trim)
  }

  end(): void {
    const { store, dictionary } = this
    if (!store.text)
      for (let code = 0; code < dictionary.size; code++) store.counts[code] = dictionary.countAt(code)
  }

  private takeTexts(
    { bytes, ends, starts, firsts, rows, out, spare }: Block,
    row: number,
    column: number,
    trim: number,
  ): void {
    const { arena, store, result } = this
    const text = store.text!
    arena.words[result / 4] = store.longest
    const used = arena.kernels.readTexts(
      bytes,
      ends,
      starts,
      firsts,
      row,
      rows,
      column,
      trim,
      text.bytes,
      spare,
      out,
      result,
    )
    text.append(arena.u8(spare, used), arena.f64(out, rows - row))
    store.length += rows - row
    store.longest = arena.words[result / 4]!
  }
}

import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { Layout } from './matrix.ts'

/** Features a histogram is built for, as the kernels want them. */
export interface Selection {
  /** i32 positions, ascending. */
  readonly list: Pointer
  readonly count: number
  /** The dense ones by block. */
  readonly units: Pointer
  readonly unitCount: number
  /** Sparse groups that hold at least one. */
  readonly groups: readonly number[]
}

/** A place in memory for one selection at a time. */
export class Selector {
  private readonly arena: Arena
  private readonly layout: Layout
  private readonly list: Pointer
  private readonly units: Pointer

  constructor(arena: Arena, layout: Layout) {
    this.arena = arena
    this.layout = layout
    this.list = arena.allocate(4 * layout.features.length)
    this.units = arena.allocate(32 * layout.dense)
  }

  select(features: Int32Array): Selection {
    const { arena, layout, list, units } = this
    for (let i = 0; i < features.length; i++) arena.words[list / 4 + i] = features[i]!
    const groups: number[] = []
    for (let i = features.length - 1; i >= 0 && features[i]! >= layout.dense; i--) {
      const group = layout.groupOf[features[i]! - layout.dense]!
      if (groups.at(-1) !== group) groups.push(group)
    }
    return { list, count: features.length, units, unitCount: this.writeUnits(features), groups }
  }

  /** A unit is eight i32: block, count, then first entries of all four, or (byte in block, first entry) of up to three. */
  private writeUnits(features: Int32Array): number {
    const { dense, entries } = this.layout
    const { words } = this.arena
    let at = this.units / 4
    let count = 0
    for (let i = 0; i < features.length && features[i]! < dense; count++, at += 8) {
      const block = features[i]! >> 2
      let end = i + 1
      while (end < features.length && features[end]! < dense && features[end]! >> 2 === block) end++
      words[at] = block
      words[at + 1] = end - i
      for (let j = 0; i < end; i++, j++) {
        const f = features[i]!
        if (words[at + 1] === 4) words[at + 2 + j] = entries[f]!
        else {
          words[at + 2 + 2 * j] = f & 3
          words[at + 3 + 2 * j] = entries[f]!
        }
      }
    }
    return count
  }
}

/** `count` of the features, drawn without replacement, ascending. */
export function drawFeatures(features: Int32Array, count: number, rng: Rng): Int32Array {
  if (count >= features.length) return features
  const drawn = features.slice()
  for (let i = 0; i < count; i++) {
    const j = i + rng.int(drawn.length - i)
    const held = drawn[i]!
    drawn[i] = drawn[j]!
    drawn[j] = held
  }
  return drawn.subarray(0, count).sort()
}

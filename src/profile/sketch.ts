/** Registers of a sketch, as a power of two: 2^14 bytes. */
const INDEX_BITS = 14
const REGISTERS = 1 << INDEX_BITS
const RANK_BITS = 32
/** Two standard errors of an estimate, as a share of it. */
export const SKETCH_ERROR = (2 * 1.04) / Math.sqrt(REGISTERS)

/** Counts different things by their hashes in fixed memory: HyperLogLog (Flajolet 2007) with the estimator of Ertl (2017). */
export class DistinctSketch {
  private readonly ranks = new Uint8Array(REGISTERS)

  /** Two independent hashes of one thing. */
  add(a: number, b: number): void {
    const at = a >>> (32 - INDEX_BITS)
    const rank = Math.clz32(b) + 1
    if (rank > this.ranks[at]!) this.ranks[at] = rank
  }

  estimate(): number {
    const tally = new Float64Array(RANK_BITS + 2)
    for (const rank of this.ranks) tally[rank]!++
    let z = REGISTERS * tau(1 - tally[RANK_BITS + 1]! / REGISTERS)
    for (let k = RANK_BITS; k > 0; k--) z = (z + tally[k]!) / 2
    z += REGISTERS * sigma(tally[0]! / REGISTERS)
    return Math.round((REGISTERS * REGISTERS) / (2 * Math.LN2 * z))
  }
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let sum = x
  for (let weight = 1, before = NaN; before !== sum; weight *= 2) {
    x *= x
    before = sum
    sum += x * weight
  }
  return sum
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let sum = 1 - x
  for (let weight = 0.5, before = NaN; before !== sum; weight /= 2) {
    x = Math.sqrt(x)
    before = sum
    sum -= (1 - x) ** 2 * weight
  }
  return sum / 3
}

/** The last step of MurmurHash3: every bit of the input moves every bit of the output. */
export function finalMix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Counts how often each number stands, exactly, as long as no more than `limit` differ: open addressing over their bits. */
export class NumberTally {
  private readonly limit: number
  private readonly mask: number
  private readonly keys: Float64Array
  private readonly counts: Float64Array
  private size = 0
  private readonly float = new Float64Array(1)
  private readonly bits = new Int32Array(this.float.buffer)

  constructor(limit: number) {
    this.limit = limit
    const slots = 2 ** Math.ceil(Math.log2(2 * limit + 1))
    this.mask = slots - 1
    this.keys = new Float64Array(slots)
    this.counts = new Float64Array(slots)
  }

  /** False when there are too many different numbers; NaN is passed over. */
  addAll(values: Float64Array | Float32Array): boolean {
    const { float, bits, keys, counts, mask } = this
    for (let row = 0; row < values.length; row++) {
      const value = values[row]!
      if (value !== value) continue
      // Zero has two signs.
      float[0] = value + 0
      let slot = finalMix(bits[0]! ^ Math.imul(bits[1]!, 0x9e3779b1)) & mask
      while (counts[slot] !== 0 && keys[slot] !== value) slot = (slot + 1) & mask
      if (counts[slot] === 0) {
        if (this.size === this.limit) return false
        this.size++
        keys[slot] = value + 0
      }
      counts[slot]!++
    }
    return true
  }

  /** Ascending values and their counts. */
  sorted(): { values: Float64Array; counts: Float64Array } {
    const slots = Int32Array.from(this.counts.keys()).filter(slot => this.counts[slot]! > 0)
    slots.sort((a, b) => this.keys[a]! - this.keys[b]!)
    return {
      values: Float64Array.from(slots, slot => this.keys[slot]!),
      counts: Float64Array.from(slots, slot => this.counts[slot]!),
    }
  }
}

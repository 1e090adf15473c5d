import type { Column, DatetimeColumn, NumericColumn, TextColumn } from '../data/dataset.ts'
import { rowCount } from '../transforms/levels.ts'
import type { ColumnSchema } from '../data/schema.ts'
import type { Examined } from './columns.ts'
import { profileColumn, rankTypes } from './columns.ts'
import type { Counts } from './counts.ts'
import { countFew, countValues, scaleCounts } from './counts.ts'
import { histogramOf, outlierLimits, takeQuantiles, unitOf } from './numeric.ts'
import type { ColumnErrors, NumericSummary } from './profile.ts'
import { DistinctSketch, finalMix, SKETCH_ERROR } from './sketch.ts'

/**
 * Statistics of a column too long to be sorted or held as strings. What one or two passes can count is counted; the rest is
 * from `sample`, an even sample of its rows, or from a sketch, and `errors` says which and how far off it may be.
 */
export function profileLongColumn(
  column: Column,
  sample: Column,
  schema: ColumnSchema | undefined,
): Examined {
  const rows = rowCount(column)
  if (column.kind === 'categorical') return profileColumn(column, schema, rows)
  if (column.kind === 'text') return profileLongText(column, sample as TextColumn, schema)
  const few = countFew(column.values)
  if (few) return profileColumn(column, schema, rows, few)
  return profileLongNumbers(column, sample as NumericColumn | DatetimeColumn, schema)
}

function profileLongNumbers(
  column: NumericColumn | DatetimeColumn,
  sample: NumericColumn | DatetimeColumn,
  schema: ColumnSchema | undefined,
): Examined {
  const { values, kind } = column
  const part = countValues(sample.values)
  const { profile } = profileColumn(sample, schema, sample.values.length, part)
  const { numeric, distinct, errors } = summarizeLong(values, part)
  const present = numeric.count
  const show = kind === 'numeric' ? String : (value: number) => new Date(value).toISOString()
  const tops = new Map(
    profile.top.map(({ value }) => [kind === 'numeric' ? Number(value) : Date.parse(value), 0]),
  )
  for (const value of values) {
    const seen = tops.get(value)
    if (seen !== undefined) tops.set(value, seen + 1)
  }
  const top = [...tops].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  return {
    profile: {
      ...profile,
      ...shares(values.length, present),
      types: rankTypes({ kind, rows: values.length, present, distinct, numericFraction: 1 }),
      distinct,
      distinctExact: false,
      ...(kind === 'numeric' && { numeric }),
      top: top.map(([value, count]) => ({ value: show(value), count })),
      errors,
    },
    counts: scaleCounts(part, present / part.present),
  }
}

const shares = (rows: number, present: number) => ({
  missing: rows - present,
  missingFraction: (rows - present) / rows,
})

/** Two standard errors of a share of one half, which are those of the rank of a quantile too. */
export const shareError = (rows: number): number => 1 / Math.sqrt(rows)

/** Moments, extremes and the bars of the histogram from all values; quantiles, and the limits of outliers, from a part. */
export function summarizeLong(
  values: Float64Array | Float32Array,
  part: Counts,
): { numeric: NumericSummary; distinct: number; errors: ColumnErrors } {
  let [count, sum, min, max, whole, zero] = [0, 0, Infinity, -Infinity, 0, 0]
  const unit = unitOf(part)
  const sketch = new NumberSketch()
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value !== value) continue
    sketch.addNumber(value)
    count++
    sum += value / unit
    if (value < min) min = value
    if (value > max) max = value
    if (value === Math.floor(value)) whole++
    if (value === 0) zero++
  }
  const mean = sum / count
  const [low, high] = outlierLimits(part)
  let [m2, m3, m4, from, to, inside, insideWhole] = [0, 0, 0, Infinity, -Infinity, 0, 0]
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value !== value) continue
    const d = value / unit - mean
    m2 += d * d
    m3 += d * d * d
    m4 += d * d * d * d
    if (value < low || value > high) continue
    inside++
    if (value === Math.floor(value)) insideWhole++
    if (value < from) from = value
    if (value > to) to = value
  }
  const variance = m2 / count
  return {
    numeric: {
      count,
      mean: mean * unit,
      std: unit * Math.sqrt(m2 / (count - 1)),
      min,
      max,
      ...takeQuantiles(part),
      skew: variance > 0 ? m3 / count / variance ** 1.5 : 0,
      kurtosis: variance > 0 ? m4 / count / variance ** 2 : 0,
      outlierFraction: 1 - inside / count,
      integerFraction: whole / count,
      zeroFraction: zero / count,
      histogram: histogramOf(values, { from, to, min, max, whole: insideWhole === inside }),
    },
    distinct: Math.min(count, Math.max(part.values.length, sketch.estimate())),
    errors: { distinct: SKETCH_ERROR, ranks: shareError(part.present) },
  }
}

class NumberSketch extends DistinctSketch {
  private readonly float = new Float64Array(1)
  private readonly bits = new Int32Array(this.float.buffer)

  addNumber(value: number): void {
    // Zero has two signs.
    this.float[0] = value + 0
    const [low, high] = [this.bits[0]!, this.bits[1]!]
    this.add(finalMix(low ^ finalMix(high)), finalMix(high ^ finalMix(low ^ 0x5bd1e995)))
  }
}

/** UTF-8: the first byte of a character, and of one that is two UTF-16 units. */
const isFirst = (byte: number): boolean => (byte & 0xc0) !== 0x80
const isPair = (byte: number): boolean => byte >= 0xf0

function profileLongText(column: TextColumn, sample: TextColumn, schema: ColumnSchema | undefined): Examined {
  const rows = rowCount(column)
  const { profile, strings } = profileColumn(sample, schema, rowCount(sample))
  const whole = walkTexts(column)
  const { present } = whole
  const distinct = Math.min(present, Math.max(profile.distinct, whole.texts))
  const { numericFraction } = profile
  return {
    profile: {
      ...profile,
      ...shares(rows, present),
      types: rankTypes({
        kind: 'text',
        rows,
        present,
        distinct,
        numericFraction,
        sequence: profile.types.includes('sequence'),
      }),
      distinct,
      distinctExact: false,
      distinctWords: Math.max(profile.distinctWords!, whole.words),
      top: whole.top,
      ...(present > 0 && { meanLength: whole.units / present }),
      errors: {
        distinct: SKETCH_ERROR,
        distinctWords: SKETCH_ERROR,
        shares: shareError(Math.max(1, strings!.present)),
      },
    },
    strings: {
      ...strings!,
      present,
      distinct,
      frequent: whole.top,
    },
  }

  /** One walk over all bytes: different texts and words, characters, and the rows of the values that lead in the sample. */
  function walkTexts({ bytes, offsets, missing }: TextColumn) {
    const sketches = { texts: new DistinctSketch(), words: new DistinctSketch() }
    const leading = new Map(
      profile.top.map(({ value }) => [hashText(Buffer.from(value)), { value, count: 0 }]),
    )
    let present = 0
    let units = 0
    for (let row = 0; row < rows; row++) {
      if (missing[row]) continue
      present++
      let [a, b, word, inWord] = [FIRST, offsets[row + 1]! - offsets[row]!, FIRST, false]
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
        const byte = bytes[i]!
        a = Math.imul(a ^ byte, PRIME)
        b = Math.imul(b ^ byte, 0x5bd1e995)
        b ^= b >>> 15
        if (isFirst(byte)) units += isPair(byte) ? 2 : 1
        if (byte > 32) {
          word = Math.imul(word ^ byte, PRIME)
          inWord = true
        } else if (inWord) {
          sketches.words.add(finalMix(word), finalMix(word ^ 0x5bd1e995))
          word = FIRST
          inWord = false
        }
      }
      if (inWord) sketches.words.add(finalMix(word), finalMix(word ^ 0x5bd1e995))
      sketches.texts.add(finalMix(a), finalMix(b))
      const seen = leading.get(join(a, b))
      if (seen) seen.count++
    }
    return {
      present,
      units,
      texts: sketches.texts.estimate(),
      words: sketches.words.estimate(),
      top: [...leading.values()].sort((x, y) => y.count - x.count),
    }
  }
}

const FIRST = 0x811c9dc5
const PRIME = 0x01000193

/** 53 bits of both hashes. */
const join = (a: number, b: number): number => (a >>> 0) * 0x200000 + (b & 0x1fffff)

function hashText(bytes: Uint8Array): number {
  let a = FIRST
  let b = bytes.length
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, PRIME)
    b = Math.imul(b ^ byte, 0x5bd1e995)
    b ^= b >>> 15
  }
  return join(a, b)
}

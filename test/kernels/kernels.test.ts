import { describe, expect, it } from 'vitest'
import { Arena, type Pointer, withArena } from '../../src/kernels/kernels.ts'
import {
  bestSplit,
  binOfValue,
  histogramOf,
  minus,
  partition,
  type Row,
  sigmoid,
  softmax,
  type Sums,
  scoreOf,
  totalOf,
  type SplitRules,
} from '../../src/kernels/twins.ts'
import { createRng } from '../../src/util/rng.ts'

// A small binned table in the kernels' memory and as plain arrays: `features` dense columns of `values` bins and a missing one.
function table(seed: number, { rows = 5000, features = 7, values = 40, missing = 0.1 } = {}) {
  const rng = createRng(seed)
  const arena = new Arena()
  const bins = Array.from({ length: features }, () =>
    Uint8Array.from({ length: rows }, () => (rng.next() < missing ? values : rng.int(values))),
  )
  const stride = features <= 4 ? 4 : 8 // bytes per row of up to eight features
  const blocks = arena.allocate((features + 16) * rows + 64)
  const columns = arena.allocate(features * rows)
  for (const [f, column] of bins.entries()) arena.u8(columns + f * rows, rows).set(column)
  arena.kernels.layLines(columns, rows, features, blocks)
  const gradients: Row[] = Array.from({ length: rows }, () => ({
    g: rng.int(2 ** 30) - 2 ** 29,
    h: rng.int(2 ** 20),
  }))
  const pairs = arena.put(Int32Array.from(gradients.flatMap(({ g, h }) => [g, h])))
  const width = values + 1
  const layout = arena.put(Int32Array.from(bins.flatMap((_, f) => [f * width, values, 1, -1])))
  // Bins grow wider from the first to the last.
  const centres = arena.put(Float32Array.from({ length: features * width }, (_, i) => (i % width) ** 2))
  const some = rng.shuffle(Array.from({ length: rows }, (_, row) => row)).slice(0, rows >> 1)
  return {
    arena,
    rng,
    rows,
    features,
    values,
    width,
    bins,
    blocks,
    stride,
    columns,
    gradients,
    pairs,
    layout,
    centres,
    some: some.sort((a, b) => a - b),
  }
}

type Table = ReturnType<typeof table>

/** Units for the chosen features of each block. */
function units(t: Table, chosen: readonly number[]): { pointer: Pointer; count: number } {
  const { arena, layout, rows, features } = t
  const pointer = arena.allocate(32 * Math.ceil(features / 4))
  const list = arena.put(Int32Array.from(chosen))
  return { pointer, count: arena.kernels.writeUnits(layout, list, chosen.length, rows, features, pointer) }
}

function build(t: Table, chosen: readonly number[], rows: readonly number[] | undefined): Pointer {
  const { arena, layout } = t
  const histogram = arena.allocate(16 * t.features * t.width)
  const scratch = arena.allocate(1024 * 32)
  const list = arena.put(Int32Array.from(chosen))
  const { pointer, count } = units(t, chosen)
  const picked = rows ? arena.put(Int32Array.from(rows)) : 0
  arena.kernels.clearHistogram(layout, list, chosen.length, histogram)
  arena.kernels.histogramDense(t.blocks, pointer, count, picked, 0, rows ? rows.length : t.rows, t.pairs, histogram, scratch) // prettier-ignore
  return histogram
}

function readSums(arena: Arena, at: Pointer): Sums {
  const words = new BigInt64Array(arena.u8(at, 16).slice().buffer)
  return { g: words[0]!, h: words[1]! >> 24n, count: Number(words[1]! & 0xffffffn) }
}

const readHistogram = (t: Table, histogram: Pointer, f: number): Sums[] =>
  Array.from({ length: t.width }, (_, bin) => readSums(t.arena, histogram + 16 * (f * t.width + bin)))

const allRows = (t: Table): number[] => Array.from({ length: t.rows }, (_, row) => row)

describe('histograms', () => {
  it.each([1, 2, 3, 4, 5, 7])('equal the naive sums bit for bit, with %i features chosen', count => {
    const t = table(count)
    const chosen = Array.from({ length: count }, (_, f) => f)
    for (const rows of [undefined, t.some]) {
      const histogram = build(t, chosen, rows)
      for (const f of chosen) {
        expect(readHistogram(t, histogram, f)).toEqual(
          histogramOf(t.bins[f]!, t.width, rows ?? allRows(t), t.gradients),
        )
      }
    }
  })

  it.each([28, 64, 70, 131])('equal them in lines of the cache: some of %i features', features => {
    const t = table(features, { features, rows: 1500, values: 9 })
    const chosen = Array.from({ length: features }, (_, f) => f).filter(
      f => f % 7 !== 3 && (f >> 3) % 5 !== 1,
    )
    for (const rows of [undefined, t.some, t.some.slice(0, 5)]) {
      const histogram = build(t, chosen, rows)
      for (const f of chosen) {
        expect(readHistogram(t, histogram, f)).toEqual(
          histogramOf(t.bins[f]!, t.width, rows ?? allRows(t), t.gradients),
        )
      }
    }
  })

  it('do not depend on the order of the rows', () => {
    const t = table(11)
    const forward = build(t, [0, 1, 2, 3, 4], t.some)
    const shuffled = build(t, [0, 1, 2, 3, 4], t.rng.shuffle([...t.some]))
    for (const f of [0, 1, 2, 3, 4])
      expect(readHistogram(t, shuffled, f)).toEqual(readHistogram(t, forward, f))
  })

  it.each([0, 9])('of a sibling are the parent’s minus the other child’s (seed %i)', seed => {
    const t = table(12)
    const chosen = [0, 1, 2, 5]
    const parent = build(t, chosen, undefined)
    const child = build(t, chosen, t.some)
    const rest = new Set(allRows(t))
    for (const row of t.some) rest.delete(row)
    const { arena, layout } = t
    const list = arena.put(Int32Array.from(chosen))
    const node = arena.allocate(128)
    const others = [...rest]
    arena.kernels.sumRows(arena.put(Int32Array.from(others)), others.length, t.pairs, node)
    arena.kernels.findSplit(
      layout,
      list,
      chosen.length,
      parent,
      child,
      node,
      1,
      0,
      0,
      1,
      seed,
      t.centres,
      0,
      0,
    )
    for (const f of chosen)
      expect(readHistogram(t, parent, f)).toEqual(histogramOf(t.bins[f]!, t.width, rest, t.gradients))
  })

  it('hold the largest sums 16 million rows can make without overflow', () => {
    // 2^24 − 1 rows of h = 2^14 are the bound the scales keep: Σh < 2^38, and Σh << 24 stays below 2^62.
    const sum = (2n ** 24n - 1n) * 2n ** 14n
    expect((sum << 24n) | (2n ** 24n - 1n)).toBeLessThan(2n ** 62n)
  })

  it('of sparse groups equal the dense ones once the default bin is filled in', () => {
    const t = table(13, { features: 5, values: 9, missing: 0.02 })
    // Feature f: bin 0 for four rows of five.
    const columns = t.bins.map(column => column.map(bin => (t.rng.next() < 0.8 ? 0 : bin)))
    const { arena } = t
    const counts = arena.allocate(4 * t.rows)
    arena.clear(counts, 4 * t.rows)
    const pointers = columns.map(column => arena.put(column))
    for (const pointer of pointers) arena.kernels.countEntries(pointer, t.rows, 0, counts)
    const starts = new Uint32Array(t.rows + 1)
    const sizes = arena.u32(counts, t.rows).slice()
    for (let row = 0; row < t.rows; row++) starts[row + 1] = starts[row]! + sizes[row]!
    arena.u32(counts, t.rows).set(starts.subarray(0, t.rows))
    const entries = arena.allocate(2 * starts[t.rows]!)
    for (const [f, pointer] of pointers.entries())
      arena.kernels.fillEntries(pointer, t.rows, 0, f * t.width, counts, entries)
    const layout = arena.put(Int32Array.from(columns.flatMap((_, f) => [f * t.width, t.values, 1, 0])))
    const list = arena.put(Int32Array.from(columns.keys()))
    const histogram = arena.allocate(16 * columns.length * t.width)
    const begin = arena.put(starts)
    const rows = arena.put(Int32Array.from(t.some))
    const node = arena.allocate(128)
    arena.kernels.clearHistogram(layout, list, columns.length, histogram)
    arena.kernels.histogramSparse(begin, entries, 0, rows, t.some.length, t.pairs, histogram)
    arena.kernels.sumRows(rows, t.some.length, t.pairs, node)
    arena.kernels.fillDefaults(layout, list, columns.length, node, histogram)
    for (const [f, column] of columns.entries())
      expect(readHistogram(t, histogram, f)).toEqual(histogramOf(column, t.width, t.some, t.gradients))

    // The same entries decide the partition.
    const sides = Uint8Array.from({ length: 256 }, (_, bin) => bin % 2)
    const f = 3
    const left = arena.kernels.partitionSparse(begin, entries, f * t.width, (f + 1) * t.width, 0, arena.put(sides), rows, t.some.length, arena.allocate(4 * t.rows)) // prettier-ignore
    const expected = partition(t.some, row => sides[columns[f]![row]!] === 1)
    expect(left).toBe(expected.left)
    expect(Array.from(arena.i32(rows, t.some.length))).toEqual(expected.rows)
  })
})

describe('the best split', () => {
  const find = (t: Table, rows: number[], rules: SplitRules) => {
    const { arena } = t
    const chosen = Array.from({ length: t.features }, (_, f) => f)
    const histogram = build(t, chosen, rows)
    const node = arena.allocate(128)
    arena.kernels.sumRows(arena.put(Int32Array.from(rows)), rows.length, t.pairs, node)
    const list = arena.put(Int32Array.from(chosen))
    arena.kernels.findSplit(t.layout, list, t.features, histogram, 0, node, rules.lambda, rules.alpha, rules.minWeight, rules.minRows, 0, 0, rules.directions ? arena.put(Int8Array.from(rules.directions)) : 0, 0) // prettier-ignore
    const [feature, bin, missingLeft] = arena.i32(node + 24, 3)
    const naive = bestSplit(
      chosen.map(f => histogramOf(t.bins[f]!, t.width, rows, t.gradients)),
      totalOf(rows, t.gradients),
      rules,
    )
    return { gain: arena.f64(node + 16, 1)[0]!, feature, bin, missingLeft, left: readSums(arena, node + 48), right: readSums(arena, node + 64), total: readSums(arena, node), naive } // prettier-ignore
  }

  it.each([
    ['plain', { lambda: 1, alpha: 0, minWeight: 0, minRows: 1 }],
    ['with L2', { lambda: 1e8, alpha: 0, minWeight: 0, minRows: 1 }],
    ['with L1', { lambda: 1, alpha: 5e9, minWeight: 0, minRows: 1 }],
    ['with a least weight', { lambda: 1, alpha: 0, minWeight: 4e8, minRows: 1 }],
    ['with a least count', { lambda: 1, alpha: 0, minWeight: 0, minRows: 700 }],
    ['rising only', { lambda: 1, alpha: 0, minWeight: 0, minRows: 1, directions: Array(16).fill(1) }],
    ['falling only', { lambda: 1, alpha: 5e9, minWeight: 0, minRows: 1, directions: Array(16).fill(-1) }],
  ] satisfies [string, SplitRules][])('is what trying every split finds, %s', (_, rules) => {
    for (const [seed, missing, values] of [
      [1, 0, 40],
      [2, 0.1, 40],
      [3, 0.4, 3],
      [4, 0.1, 255],
    ] as const) {
      // prettier-ignore
      const t = table(seed, { missing, values, rows: 2000 })
      for (const rows of [allRows(t), t.some]) {
        const { naive, ...found } = find(t, rows, rules)
        if (!naive) {
          expect(found.feature).toBe(-1)
          continue
        }
        expect(found.gain / naive.gain).toBeCloseTo(1, 9)
        expect(found).toMatchObject({ feature: naive.feature, bin: naive.bin, left: naive.left })
        expect(minus(found.total, found.left)).toEqual(found.right)
        if (missing > 0) expect(found.missingLeft).toBe(Number(naive.missingLeft))
      }
    }
  })

  it('names the features that some threshold could still split', () => {
    const t = table(7, { features: 6, values: 40, missing: 0.1, rows: 2000 })
    const { arena, layout } = t
    const rows = allRows(t).filter(
      row => t.bins[1]![row] === 7 || (t.bins[2]![row] === 0 && t.bins[1]![row]! < 3),
    )
    const chosen = Array.from({ length: 6 }, (_, f) => f)
    for (const minRows of [1, 5, rows.length / 2, rows.length]) {
      const histogram = build(t, chosen, rows)
      const node = arena.allocate(128)
      const alive = arena.allocate(4 * 6)
      arena.kernels.sumRows(arena.put(Int32Array.from(rows)), rows.length, t.pairs, node)
      const list = arena.put(Int32Array.from(chosen))
      const count = arena.kernels.findSplit(
        layout,
        list,
        6,
        histogram,
        0,
        node,
        1,
        0,
        0,
        minRows,
        0,
        0,
        0,
        alive,
      )
      const possible = chosen.filter(f => {
        const counts = histogramOf(t.bins[f]!, t.width, rows, t.gradients).map(sums => sums.count)
        const missing = counts.pop()!
        let left = 0
        return counts.some(bin => {
          left += bin
          return [left, left + missing].some(n => n >= minRows && rows.length - n >= minRows)
        })
      })
      expect(Array.from(arena.i32(alive, count))).toEqual(possible)
    }
  })

  it('separates missing from present when only that says anything', () => {
    const t = table(5, { features: 1, values: 1, missing: 0.3 })
    for (let row = 0; row < t.rows; row++)
      t.arena.i32(t.pairs, 2 * t.rows)[2 * row] = t.bins[0]![row] === 1 ? 1000 : -1000
    const gradients = t.gradients.map(({ h }, row) => ({ g: t.bins[0]![row] === 1 ? 1000 : -1000, h }))
    const found = find({ ...t, gradients }, allRows(t), { lambda: 1, alpha: 0, minWeight: 0, minRows: 1 })
    expect(found).toMatchObject({ feature: 0, bin: 0, missingLeft: 0 })
    expect(found.right.count).toBe(t.bins[0]!.filter(bin => bin === 1).length)
  })

  it('of random thresholds is the same from a histogram as from the rows', () => {
    for (const [seed, missing, values] of [
      [31, 0, 40],
      [32, 0.2, 255],
      [33, 0.5, 2],
    ] as const) {
      // prettier-ignore
      const t = table(seed, { missing, values, rows: 3000 })
      const { arena, layout, centres } = t
      const chosen = [0, 2, 3, 6]
      const histogram = build(t, chosen, t.some)
      const rows = arena.put(Int32Array.from(t.some))
      const list = arena.put(Int32Array.from(chosen))
      const [a, b] = [arena.allocate(128), arena.allocate(128)]
      for (const node of [a, b]) arena.kernels.sumRows(rows, t.some.length, t.pairs, node)
      for (const draw of [1, 77, 4_000_000_000]) {
        arena.kernels.findSplit(layout, list, 4, histogram, 0, a, 1, 0, 0, 1, draw, centres, 0, 0)
        arena.kernels.findRandomSplit(t.blocks, t.rows, t.features, layout, list, 4, rows, t.some.length, t.pairs, b, 1, 0, 0, 1, draw, centres, 0) // prettier-ignore
        expect(Array.from(arena.u8(b, 80))).toEqual(Array.from(arena.u8(a, 80)))
      }
    }
  })

  it('is none when every row has the same gradient', () => {
    const t = table(6)
    const pairs = t.arena.i32(t.pairs, 2 * t.rows)
    for (let row = 0; row < t.rows; row++) pairs.set([123_456_789, 1 << 20], 2 * row)
    const gradients = t.gradients.map(() => ({ g: 123_456_789, h: 1 << 20 }))
    const found = find({ ...t, gradients }, t.some, { lambda: 1, alpha: 0, minWeight: 0, minRows: 1 })
    expect(found.feature).toBe(-1)
  })
})

describe('class counts', () => {
  const CLASSES = 4
  const setup = (seed: number, entropy = false) => {
    const t = table(seed, { rows: 1200, values: 12, features: 2, missing: 0.15 })
    const { arena, rng } = t
    const labels = Array.from({ length: t.rows }, () => [rng.int(CLASSES), rng.int(3)] as const)
    const at = arena.put(Int32Array.from(labels.flat()))
    const rows = arena.put(Int32Array.from(t.some))
    const totals = arena.allocate(8 * CLASSES)
    arena.kernels.sumClasses(rows, t.some.length, at, CLASSES, totals)
    const weights = (members: readonly number[]) => {
      const sums = new Array<number>(CLASSES).fill(0)
      for (const row of members) sums[labels[row]![0]]! += labels[row]![1]
      return sums
    }
    const purity = (members: readonly number[]) => {
      const sums = weights(members)
      const all = sums.reduce((sum, w) => sum + w, 0)
      if (entropy) return sums.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w / all) : 0), 0)
      return sums.reduce((sum, w) => sum + w * w, 0) / all
    }
    const score = (f: number, bin: number, missingLeft: boolean) => {
      const side = partition(t.some, row =>
        t.bins[f]![row] === t.values ? missingLeft : t.bins[f]![row]! <= bin,
      )
      return purity(side.rows.slice(0, side.left)) + purity(side.rows.slice(side.left))
    }
    const best = arena.allocate(24)
    const clear = () => (arena.f64(best, 1)[0] = -1e9)
    clear()
    arena.kernels.judgeClassesBy(entropy ? 1 : 0)
    return { t, at, clear, rows, totals, weights, score, best, sides: arena.allocate(16 * CLASSES) }
  }
  const read = (arena: Arena, best: Pointer) => {
    const [, , feature, bin, missingLeft] = arena.i32(best, 5)
    return { score: arena.f64(best, 1)[0]!, feature: feature!, bin: bin!, missingLeft: missingLeft === 1 }
  }

  it('sum the weights of each class', () => {
    const { t, totals, weights } = setup(1)
    expect(Array.from(t.arena.f64(totals, CLASSES))).toEqual(weights(t.some))
  })

  it.each([false, true])('find the purest split of all (entropy: %s)', entropy => {
    const { t, at, rows, totals, score, best, sides } = setup(2, entropy)
    const { arena } = t
    const histogram = arena.allocate(4 * (CLASSES + 1) * 256)
    for (const f of [0, 1]) {
      arena.kernels.histogramClasses(
        t.blocks + f,
        t.stride,
        rows,
        t.some.length,
        at,
        CLASSES,
        t.width,
        histogram,
      )
      arena.kernels.findClassSplit(histogram, CLASSES, t.values, totals, t.some.length, f, 1, sides, best)
    }
    const all = [0, 1].flatMap(f => Array.from({ length: t.values }, (_, bin) => [score(f, bin, false), score(f, bin, true)].filter(Number.isFinite)).flat()) // prettier-ignore
    const found = read(arena, best)
    expect(found.score).toBeCloseTo(Math.max(...all), 9)
    expect(found.score).toBeCloseTo(score(found.feature, found.bin, found.missingLeft), 9)
  })

  it.each([false, true])('judge a random threshold as what it is (entropy: %s)', entropy => {
    const { t, at, rows, totals, score, best, sides, clear } = setup(3, entropy)
    const { arena } = t
    const cuts = new Array<number>(t.values).fill(0)
    const draws = 4000
    for (let seed = 1; seed <= draws; seed++) {
      clear()
      arena.kernels.randomClassSplit(t.blocks + 1, t.stride, rows, t.some.length, at, CLASSES, t.values, totals, 1, 1, seed, t.centres, sides, best) // prettier-ignore
      const found = read(arena, best)
      expect(found.score).toBeCloseTo(Math.max(score(1, found.bin, true), score(1, found.bin, false)), 9)
      cuts[found.bin]!++
    }
    // As often as its bins are wide: between b² and (b + 1)² for the twin of this table.
    const middle = (bin: number) => (bin < 0 ? 0 : (bin ** 2 + (bin + 1) ** 2) / 2)
    const whole = (t.values - 1) ** 2
    for (let bin = 0; bin < t.values - 1; bin++) {
      const end = bin === t.values - 2 ? whole : middle(bin)
      expect(Math.abs(cuts[bin]! / draws - (end - middle(bin - 1)) / whole)).toBeLessThan(0.025)
    }
    expect(cuts[t.values - 1]).toBe(0)
  })
})

describe('binning and partition', () => {
  it('puts each value in the bin of the thresholds around it, NaN in the missing bin', () => {
    const rng = createRng(3)
    const thresholds = Array.from({ length: 254 }, () => Math.fround(rng.normal())).sort((a, b) => a - b)
    const values = Float32Array.from([...thresholds, NaN, Infinity, -Infinity, 0, -0, ...Array.from({ length: 500 }, () => rng.normal())]) // prettier-ignore
    const arena = new Arena()
    const padded = new Float32Array(256).fill(Infinity)
    padded.set(thresholds)
    const bins = arena.allocate(values.length)
    arena.kernels.binColumn(arena.put(values), values.length, arena.put(padded), 255, bins)
    const expected = Array.from(values, value => binOfValue(value, thresholds, 255))
    expect(Array.from(arena.u8(bins, values.length))).toEqual(expected)
  })

  it('keeps the order of rows on both sides', () => {
    const t = table(21)
    const { arena } = t
    const sides = Uint8Array.from({ length: 256 }, () => t.rng.int(2))
    const rows = arena.put(Int32Array.from(t.some))
    for (const f of [0, 3, 5]) {
      arena.i32(rows, t.some.length).set(t.some)
      const left = arena.kernels.partitionDense(t.columns + f * t.rows, arena.put(sides), rows, t.some.length, arena.allocate(4 * t.rows)) // prettier-ignore
      const expected = partition(t.some, row => sides[t.bins[f]![row]!] === 1)
      expect(left).toBe(expected.left)
      expect(Array.from(arena.i32(rows, t.some.length))).toEqual(expected.rows)
    }
  })
})

describe('gradients', () => {
  const n = 1003
  const stride = 1004
  const setup = () => {
    const rng = createRng(9)
    const arena = new Arena()
    const draw = (from: () => number) => Float32Array.from({ length: stride }, (_, i) => (i < n ? from() : 0))
    return { rng, arena, draw, gradients: arena.allocate(8 * stride) }
  }
  const G = 2 ** 24
  const H = 2 ** 26

  it('of log loss are p − target and p (1 − p), times the weight', () => {
    const { rng, arena, draw, gradients } = setup()
    const scores = draw(() => 6 * rng.normal())
    const target = draw(() => rng.int(2))
    const weights = draw(() => rng.next())
    for (const weighted of [false, true]) {
      arena.kernels.logisticGradients(arena.put(scores), arena.put(target), weighted ? arena.put(weights) : 0, stride, G, H, gradients) // prettier-ignore
      const pairs = arena.i32(gradients, 2 * stride)
      for (let row = 0; row < n; row++) {
        const p = sigmoid(scores[row]!)
        const w = weighted ? weights[row]! : 1
        expect(Math.abs(pairs[2 * row]! / G - w * (p - target[row]!))).toBeLessThan(3e-7)
        expect(Math.abs(pairs[2 * row + 1]! / H - w * p * (1 - p))).toBeLessThan(3e-7)
      }
    }
  })

  it('of softmax are p − [target = class] and p (1 − p)', () => {
    const { rng, arena, gradients } = setup()
    const classes = 5
    const scores = Float32Array.from({ length: classes * stride }, () => 4 * rng.normal())
    const target = Float32Array.from({ length: stride }, () => rng.int(classes))
    const at = arena.put(scores)
    const labels = arena.put(target)
    const [peak, total] = [arena.allocate(4 * stride), arena.allocate(4 * stride)]
    arena.kernels.softmaxTotals(at, stride, classes, stride, peak, total)
    for (let k = 0; k < classes; k++) {
      arena.kernels.softmaxGradients(at + 4 * stride * k, labels, 0, stride, k, peak, total, G, H, gradients)
      const pairs = arena.i32(gradients, 2 * stride)
      for (let row = 0; row < n; row++) {
        const p = softmax(Array.from({ length: classes }, (_, j) => scores[j * stride + row]!))[k]!
        expect(Math.abs(pairs[2 * row]! / G - (p - Number(target[row] === k)))).toBeLessThan(3e-7)
        expect(Math.abs(pairs[2 * row + 1]! / H - p * (1 - p))).toBeLessThan(3e-7)
      }
    }
  })

  it('of squared error are score − target and 1, and the largest is known', () => {
    const { rng, arena, draw, gradients } = setup()
    const scores = draw(() => rng.normal())
    const target = draw(() => rng.normal())
    const [a, b] = [arena.put(scores), arena.put(target)]
    arena.kernels.squaredGradients(a, b, 0, stride, G, H, gradients)
    const pairs = arena.i32(gradients, 2 * stride)
    let largest = 0
    for (let row = 0; row < n; row++) {
      const g = Math.fround(scores[row]! - target[row]!)
      largest = Math.max(largest, Math.abs(g))
      expect(Math.abs(pairs[2 * row]! / G - g)).toBeLessThan(1e-7)
      expect(pairs[2 * row + 1]).toBe(H)
    }
    expect(arena.kernels.largestResidual(a, b, 0, stride)).toBe(largest)
  })
})

describe('the arena', () => {
  it('gives back everything when the work is done, also when it throws', async () => {
    const first = await withArena(arena => arena.allocate(1000))
    await expect(withArena(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withArena(arena => arena.allocate(1000))).toBe(first)
  })

  it('serves two at a time without mixing them', async () => {
    await withArena(async outer => {
      const mine = outer.put(Uint8Array.of(1, 2, 3))
      await withArena(inner => inner.put(Uint8Array.of(9, 9, 9, 9)))
      expect(Array.from(outer.u8(mine, 3))).toEqual([1, 2, 3])
    })
  })
})

describe('the question of a level', () => {
  it.each([0, 0.15])('is the one whose scores over all leaves are highest, with %d missing', missing => {
    const t = table(21, { features: 5, values: 30, missing, rows: 1500 })
    const { arena, layout } = t
    const chosen = [0, 1, 2, 3, 4]
    const parts = [0, 1, 2].map(k => allRows(t).filter(row => t.bins[0]![row]! % 3 === k))
    const histograms = parts.map(rows => build(t, chosen, rows))
    const nodes = parts.map(rows => {
      const node = arena.allocate(128)
      arena.kernels.sumRows(arena.put(Int32Array.from(rows)), rows.length, t.pairs, node)
      return node
    })
    const [best, scores] = [arena.allocate(24), arena.allocate(4096)]
    const put = (list: number[]) => arena.put(Uint32Array.from(list))
    arena.kernels.findLevelSplit(layout, put(chosen), 5, put(histograms), put(nodes), 3, 7, 0, scores, best)
    const rules = { lambda: 7, alpha: 0, minWeight: 0, minRows: 0 }
    const gainOf = (f: number, bin: number, missingLeft: number): number =>
      parts.reduce((sum, rows) => {
        const goesLeft = (row: number) =>
          t.bins[f]![row] === t.values ? missingLeft === 1 : t.bins[f]![row]! <= bin
        const sides = [rows.filter(goesLeft), rows.filter(row => !goesLeft(row)), rows].map(side =>
          scoreOf(totalOf(side, t.gradients), rules),
        )
        return sum + sides[0]! + sides[1]! - sides[2]!
      }, 0)
    const all = chosen.flatMap(f => Array.from({ length: 2 * t.values }, (_, i) => gainOf(f, i >> 1, i & 1)))
    const [feature, bin, missingLeft] = arena.i32(best + 8, 3)
    const found = arena.f64(best, 1)[0]!
    expect(found / Math.max(...all)).toBeCloseTo(1, 9)
    expect(found / gainOf(feature!, bin!, missingLeft!)).toBeCloseTo(1, 9)

    // Placed into a leaf, it divides the leaf's total.
    const goesLeft = (row: number) =>
      t.bins[feature!]![row] === t.values ? missingLeft === 1 : t.bins[feature!]![row]! <= bin!
    for (const [k, rows] of parts.entries()) {
      arena.kernels.placeSplit(layout, histograms[k]!, nodes[k]!, feature!, bin!, missingLeft!)
      expect(readSums(arena, nodes[k]! + 48)).toEqual(totalOf(rows.filter(goesLeft), t.gradients))
      expect(minus(readSums(arena, nodes[k]!), readSums(arena, nodes[k]! + 48))).toEqual(
        readSums(arena, nodes[k]! + 64),
      )
    }
  })
})

describe('vectors of classes', () => {
  const CLASSES = 3
  const ROWS = 21
  const STRIDE = 24
  const rng = createRng(31)
  const scores = Array.from({ length: CLASSES }, () => Array.from({ length: ROWS }, () => 2 * rng.normal()))
  const labels = Array.from({ length: ROWS }, () => rng.int(CLASSES))
  const weights = Array.from({ length: ROWS }, () => rng.int(4))
  const direction = [0.7, -1.3, 0.4]
  const arena = new Arena()
  const padded = (rows: readonly (readonly number[])[]) => {
    const at = arena.allocate(4 * STRIDE * rows.length)
    rows.forEach((values, k) =>
      arena
        .f32(at + 4 * STRIDE * k, STRIDE)
        .fill(0)
        .set(values),
    )
    return at
  }
  const places = Array.from({ length: 6 }, () => arena.allocate(4 * STRIDE * CLASSES)) as [number, number, number, number, number, number] // prettier-ignore
  const [peak, total, g, h, alongG, alongH] = places
  const at = padded(scores)
  arena.kernels.softmaxTotals(at, STRIDE, CLASSES, STRIDE, peak, total)
  arena.kernels.sketchGradients(at, padded([labels]), padded([weights]), STRIDE, CLASSES, arena.put(Float32Array.from(direction)), peak, total, g, h, alongG, alongH) // prettier-ignore
  const expected = labels.map((label, row) => {
    const p = softmax(scores.map(own => own[row]!))
    return p.map((share, k) => ({
      g: weights[row]! * (share - (label === k ? 1 : 0)),
      h: weights[row]! * share * (1 - share),
    }))
  })

  it('are the gradients of softmax, and their sums along a direction', () => {
    expected.forEach((classes, row) => {
      classes.forEach((pair, k) => {
        expect(arena.f32(g + 4 * STRIDE * k, STRIDE)[row]).toBeCloseTo(pair.g, 5)
        expect(arena.f32(h + 4 * STRIDE * k, STRIDE)[row]).toBeCloseTo(pair.h, 5)
      })
      const along = (of: (pair: { g: number; h: number }, d: number) => number) =>
        classes.reduce((sum, pair, k) => sum + of(pair, direction[k]!), 0)
      expect(arena.f32(alongG, STRIDE)[row]).toBeCloseTo(
        along((pair, d) => d * pair.g),
        4,
      )
      expect(arena.f32(alongH, STRIDE)[row]).toBeCloseTo(
        along((pair, d) => d * d * pair.h),
        4,
      )
    })
  })

  it('become fixed-point pairs', () => {
    const pairs = arena.allocate(8 * STRIDE)
    arena.kernels.storeGradients(alongG, alongH, STRIDE, 1024, 512, pairs)
    const stored = arena.i32(pairs, 2 * ROWS)
    for (let row = 0; row < ROWS; row++) {
      expect(Math.abs(stored[2 * row]! - arena.f32(alongG, STRIDE)[row]! * 1024)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(stored[2 * row + 1]! - arena.f32(alongH, STRIDE)[row]! * 512)).toBeLessThanOrEqual(0.5)
    }
    const largest = Math.max(...Array.from(arena.f32(alongG, STRIDE), Math.abs))
    expect(arena.kernels.largestOf(alongG, STRIDE)).toBe(largest)
  })

  it('sum up by leaf, and come back as steps of every class', () => {
    const leafOf = labels.map((_, row) => row % 4)
    const leaves = arena.put(Int32Array.from(leafOf))
    const sums = arena.allocate(16 * 4 * CLASSES)
    arena.clear(sums, 16 * 4 * CLASSES)
    arena.kernels.sumByLeaf(leaves, ROWS, g, h, STRIDE, CLASSES, sums)
    const found = arena.f64(sums, 2 * 4 * CLASSES)
    for (let leaf = 0; leaf < 4; leaf++)
      for (let k = 0; k < CLASSES; k++) {
        const members = expected.filter((_, row) => leafOf[row] === leaf).map(classes => classes[k]!)
        const at = 2 * (leaf * CLASSES + k)
        expect(found[at]).toBeCloseTo(
          members.reduce((sum, pair) => sum + pair.g, 0),
          4,
        )
        expect(found[at + 1]).toBeCloseTo(
          members.reduce((sum, pair) => sum + pair.h, 0),
          4,
        )
      }
    const steps = Float32Array.from({ length: 4 * CLASSES }, (_, i) => i)
    arena.kernels.addByLeaf(leaves, ROWS, arena.put(steps), STRIDE, CLASSES, at)
    for (let row = 0; row < ROWS; row++)
      for (let k = 0; k < CLASSES; k++)
        expect(arena.f32(at + 4 * STRIDE * k, STRIDE)[row]).toBeCloseTo(
          scores[k]![row]! + leafOf[row]! * CLASSES + k,
          4,
        )
  })
})

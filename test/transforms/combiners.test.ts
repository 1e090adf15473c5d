import { describe, expect, it } from 'vitest'
import type { Column, ColumnKind } from '../../src/data/dataset.ts'
import { takeColumn } from '../../src/data/dataset.ts'
import type { Feature } from '../../src/data/features.ts'
import type { Params, Space } from '../../src/params/space.ts'
import { defaults, parseParams } from '../../src/params/space.ts'
import { transforms } from '../../src/transforms/index.ts'
import { rowCount } from '../../src/transforms/levels.ts'
import type { Combiner, TransformContext } from '../../src/transforms/transform.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'
import { correlation, expectSame } from './compare.ts'
import { allRows, categorical, matrixOf, numeric, text } from './columns.ts'
import { runCombiner } from './graphs.ts'

// What every transform of several columns promises. A new one is tested by being in the table.
const ROWS = 240
const CITIES = ['Rome', 'Oslo', 'Ürümqi', 'a\u0000b', '日本']

/** Columns of the kinds a combiner accepts: effects of pairs in the target, gaps, constants and nothing at all. */
function columnsFor(kinds: readonly ColumnKind[], rows: number, seed: number): Column[] {
  const rng = createRng(seed)
  const make = <T>(value: (row: number) => T) => Array.from({ length: rows }, (_, row) => value(row))
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
  const all: readonly Column[] = [
    numeric('x', make(row => (row % 17 === 3 ? NaN : rng.normal() * 4))), // prettier-ignore
    categorical('city', make(row => (row % 19 === 5 ? undefined : pick(CITIES)))), // prettier-ignore
    numeric('y', make(row => (row % 23 === 7 ? Infinity : rng.int(7) - 3))), // prettier-ignore
    categorical('colour', make(() => pick(['red', 'green', 'blue']))), // prettier-ignore
    numeric('wild', make(row => [1e38, -1e38, 1e39, -0, 1e-40, 3.5][row % 6]!)), // prettier-ignore
    categorical('many', make(() => `id ${rng.int(90)}`)), // prettier-ignore
    numeric('constant', make(() => 4.2)), // prettier-ignore
    categorical('one', make(() => 'same')), // prettier-ignore
    numeric('empty', make(() => NaN)), // prettier-ignore
    categorical('none', make(() => undefined)), // prettier-ignore
    text('note', make(row => (row % 29 === 1 ? undefined : pick(['a b', 'c', ''])))), // prettier-ignore
  ]
  return all.filter(({ kind }) => kinds.includes(kind))
}

/** The same columns as they may come later: new values, new categories, nothing but missing. */
const laterColumn = (column: Column, rows: number): Column => {
  const odd = [-99, 0, -0, NaN, 1e39, -1e39, 3e38, 0.1, Infinity, 1e-40]
  const strange = ['Bergen', 'Oslo', undefined, 'red', 'oslo', 'same', 'id 7', 'Ürümqi']
  const at = <T>(list: readonly T[], shift: number) =>
    Array.from({ length: rows }, (_, row) => list[(row + shift) % list.length]!)
  const shift = column.name.length
  if (column.kind === 'numeric') return numeric(column.name, at(odd, shift))
  if (column.kind === 'text') return text(column.name, at(strange, shift))
  return categorical(column.name, at(strange, shift))
}

/** A target of products, differences and meetings of categories, so that there is something to choose. */
function contexts(columns: readonly Column[], rows: number): Record<string, TransformContext> {
  const number = (place: number, row: number) => {
    const column = columns[place % columns.length]!
    if (column.kind === 'numeric') return Math.max(-9, Math.min(9, column.values[row]! || 0))
    if (column.kind === 'categorical') return (column.codes[row]! % 3) - 1
    return 0
  }
  const noise = createRng(5)
  const signal = Float64Array.from(
    { length: rows },
    (_, row) => number(0, row) * number(1, row) - number(0, row) * number(2, row) + 0.1 * noise.normal(),
  )
  const context = (task: TransformContext['task'], classes: number, target: Float64Array) => ({
    seed: 3,
    task,
    classes,
    target,
  })
  return {
    binary: context('binary', 2, signal.map(value => Number(value > 0))), // prettier-ignore
    multiclass: context('multiclass', 3, signal.map(value => (value < -1 ? 0 : value < 1 ? 1 : 2))), // prettier-ignore
    regression: context('regression', 0, signal),
  }
}

/** Every choice once, the rest at their defaults; and everything kept, whether it helps or not. */
function settings(space: Space): Params[] {
  const base = defaults(space)
  const all: Record<string, unknown>[] = [base, { ...base, minimum_gain: -1 }]
  for (const [name, distribution] of Object.entries(space)) {
    if (distribution.type === 'choice')
      for (const choice of distribution.choices.slice(1)) all.push({ [name]: choice, minimum_gain: -1 })
  }
  return all.map(params => parseParams(space, params, 'test'))
}

const permutation = createRng(8).shuffle(allRows(ROWS))
const subset = Int32Array.from([17, 3, 200, 201, 44, 0])
const take = (columns: readonly Column[], rows: Int32Array) => columns.map(column => takeColumn(column, rows))
const matrix = (columns: Feature[], rows: number) => matrixOf({ rows, columns })
const names = (features: readonly Feature[]) => features.map(({ name }) => name)
const isCombiner = (transform: { stage: string }): transform is Combiner => transform.stage === 'combine'
const combiners = transforms.filter(isCombiner)

describe.each(combiners.map(combiner => [combiner.name, combiner] as const))('%s', (_, combiner) => {
  const columns = columnsFor(combiner.accepts, ROWS, 11)
  const tasks = Object.entries(contexts(columns, ROWS))
  const cases = tasks.flatMap(([task, context]) =>
    settings(combiner.space).map(params => [`${task} ${JSON.stringify(params)}`, context, params] as const),
  )

  describe.each(cases)('%s', (_, context, params) => {
    const state = combiner.fit(columns, params, context)
    const features = combiner.apply(columns, state)

    it('gives every feature a name of its own, and every row a value', () => {
      if (params.minimum_gain === -1) expect(features.length).toBeGreaterThan(0)
      expect(new Set(names(features)).size).toBe(features.length)
      expect(features.every(feature => feature.values.length === ROWS)).toBe(true)
    })

    it('leaves its input as it was', () => {
      const before = structuredClone(columns)
      const target = context.target.slice()
      combiner.apply(columns, combiner.fit(columns, params, context))
      combiner.fitApply?.(columns, params, context)
      expect(columns).toEqual(before)
      expect(context.target).toEqual(target)
    })

    it('gives the same bytes for the same seed, and the same features after a round trip through disk', () => {
      expect(pack(combiner.fit(columns, params, context))).toEqual(pack(state))
      const back = unpack(pack(state))
      expect(matrix(combiner.apply(columns, back), ROWS)).toEqual(matrix(features, ROWS))
      expect(combiner.uses(back)).toEqual(combiner.uses(state))
    })

    it('does not depend on the other rows, nor on their order', () => {
      const all = matrix(features, ROWS)
      for (const chosen of [subset, permutation]) {
        expect(matrix(combiner.apply(take(columns, chosen), state), chosen.length)).toEqual(
          Array.from(chosen, row => all[row]),
        )
      }
    })

    it('learns the same from rows in another order', () => {
      const moved = { ...context, target: Float64Array.from(permutation, row => context.target[row]!) }
      const again = combiner.apply(columns, combiner.fit(take(columns, permutation), params, moved))
      expect(names(again)).toEqual(names(features))
      expectSame(matrix(again, ROWS), matrix(features, ROWS))
    })

    it('says by fitApply and fit the same of the rows that come later', () => {
      const both = combiner.fitApply?.(columns, params, context)
      if (!both) return
      expect(pack(both.state)).toEqual(pack(state))
      expect(names(both.features)).toEqual(names(features))
      expect(both.features.map(({ values }) => values.length)).toEqual(features.map(() => ROWS))
    })

    it('keeps width, names and kinds whatever comes later, and reads no column but those it names', () => {
      const shape = (list: readonly Feature[]) => list.map(({ name, kind }) => ({ name, kind }))
      for (const rows of [0, 1, 12]) {
        const later = columns.map(column => laterColumn(column, rows))
        expect(shape(combiner.apply(later, state))).toEqual(shape(features))
      }
      const used = combiner.uses(state)
      const blanked = columns.map((column, place) =>
        used.includes(place) ? column : laterColumn(column, ROWS),
      )
      expect(matrix(combiner.apply(blanked, state), ROWS)).toEqual(matrix(features, ROWS))
    })

    it('gives the same in the graph, for known, new and single rows', async () => {
      const sets = [columns, columns.map(column => laterColumn(column, 40)), take(columns, Int32Array.of(0))]
      const emit = combiner.emit.bind(combiner, state)
      const found = await runCombiner(emit, combiner.uses(state), sets)
      expect(found !== undefined).toBe(features.length > 0)
      for (const [i, set] of sets.entries()) {
        if (found) expectSame(found[i]!, matrix(combiner.apply(set, state), rowCount(set[0]!)))
      }
    })
  })

  it('makes nothing of a target that has nothing to do with the columns', () => {
    const size = 2000
    const many = columnsFor(combiner.accepts, size, 12)
    const draw = createRng(78)
    const target = Float64Array.from({ length: size }, () => draw.int(2))
    const context = { seed: 1, task: 'binary' as const, classes: 2, target }
    expect(combiner.uses(combiner.fit(many, defaults(combiner.space), context))).toEqual([])
  })

  it('learns nothing from a random target on the rows fitted on', () => {
    const size = 2000
    const many = columnsFor(combiner.accepts, size, 12)
    const draw = createRng(77)
    const target = Float64Array.from({ length: size }, () => draw.int(2))
    const params = parseParams(combiner.space, { minimum_gain: -1 }, 'test')
    const context = { seed: 1, task: 'binary' as const, classes: 2, target }
    const features =
      combiner.fitApply?.(many, params, context).features ??
      combiner.apply(many, combiner.fit(many, params, context))
    expect(features.length).toBeGreaterThan(0)
    for (const { values } of features) {
      const known = Array.from(values.keys()).filter(row => Number.isFinite(values[row]!))
      if (known.length < 100) continue
      const chance = correlation(known.map(row => values[row]!), known.map(row => target[row]!)) // prettier-ignore
      expect(Math.abs(chance)).toBeLessThan(4 / Math.sqrt(known.length))
    }
  })
})

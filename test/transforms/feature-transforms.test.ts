import { describe, expect, it, vi } from 'vitest'
import type { Feature, Features } from '../../src/data/features.ts'
import { takeFeatures } from '../../src/data/features.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { transforms } from '../../src/transforms/index.ts'
import type { FeatureTransform } from '../../src/transforms/transform.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { matrixOf } from './columns.ts'
import { expectBytes, expectEqual, expectNear, expectSame } from './compare.ts'
import { runFeatureTransform } from './graphs.ts'
import { probes } from './probes.ts'
import {
  CONTEXTS,
  leastSettings,
  names,
  permutation,
  rng,
  ROWS,
  rows,
  settings,
  subset,
  wrap,
} from './samples.ts'

// What every transform of features promises; a new one is tested by being in the table.
const later = transforms.filter((transform): transform is FeatureTransform => transform.stage === 'features')
describe.each(later.map(transform => [transform.name, transform] as const))('%s', (_, transform) =>
  checkFeatureTransform(transform),
)

function featureSets(): Record<string, Features> {
  const dense = (name: string, values: readonly number[], categories?: number): Feature => ({
    kind: 'dense',
    name,
    values: Float32Array.from(values),
    ...(categories ? { categories } : {}),
  })
  const sparse = (name: string, every: number, value: (row: number) => number): Feature => {
    const index = Int32Array.from(rows(row => row).filter(row => row % every === 0))
    return { kind: 'sparse', name, index, values: Float32Array.from(index, value) }
  }
  const mixed = [
    dense(
      'plain',
      rows(() => rng.normal() * 3 + 10),
    ),
    dense(
      'gaps',
      rows(row => (row % 5 === 0 ? NaN : rng.normal())),
    ),
    dense(
      'extreme',
      rows(row => (row % 25 === 0 ? 1e5 * rng.next() : rng.next())),
    ),
    dense(
      'negative extreme',
      rows(row => (row % 25 === 0 ? -1e5 * rng.next() : rng.normal())),
    ),
    dense(
      'ties',
      rows(row => (row % 15 === 0 ? 1000 * rng.int(9) : 0)),
    ),
    dense(
      'constant',
      rows(() => 0.1),
    ),
    dense(
      'empty',
      rows(() => NaN),
    ),
    dense(
      'large',
      rows(() => 1e9 + rng.int(1000) * 64),
    ),
    dense(
      'codes',
      rows(row => (row % 10 === 0 ? NaN : rng.int(4))),
      4,
    ),
    sparse('one-hot', 6, () => 1),
    sparse('weights', 4, row => Math.fround(row / 7)),
    sparse('never', 1000, () => 0),
  ]
  return {
    'mixed features': wrap(mixed, ROWS),
    'dense features': wrap(
      rows(() => 0)
        .slice(0, 6)
        .map((_, j) =>
          dense(
            `d${j}`,
            rows(() => rng.normal() * (j + 1) + 50),
          ),
        ),
      ROWS,
    ),
    'one constant feature': wrap(
      [
        dense(
          'constant',
          rows(() => 7),
        ),
      ],
      ROWS,
    ),
    'one sparse feature': wrap([sparse('one-hot', 3, () => 1)], ROWS),
  }
}

function checkFeatureTransform(transform: FeatureTransform): void {
  const cases = Object.entries(featureSets()).flatMap(([name, features], i) =>
    [...settings(transform.space), ...(i === 0 ? leastSettings(transform.space) : [])].map(
      params => [`${name} ${JSON.stringify(params)}`, features, params] as const,
    ),
  )
  describe.each(cases)('%s', (_, features, params) => {
    const state = transform.fit(features, params, CONTEXTS.binary)

    // A model of thousands of columns must open in a moment: what runs it takes time by the square of the nodes.
    it('writes a graph that is not longer for eight times the columns', () => {
      const times = (count: number) => {
        const columns = Array.from({ length: count }, (_, i) =>
          features.columns.map(column => ({ ...column, name: `${column.name} ${i}` })),
        ).flat()
        const graph = new Graph('test')
        const op = vi.spyOn(graph, 'op')
        const fitted = transform.fit({ rows: features.rows, columns }, params, CONTEXTS.binary)
        transform.emit(fitted, graph, graph.input('raw', 'float', ['N', columns.length]))
        return op.mock.calls.length
      }
      expect(times(16)).toBeLessThanOrEqual(times(2) + 8)
    })

    it('leaves its input and its state as they were', () => {
      const before = structuredClone(features)
      const packed = pack(state)
      transform.apply(features, transform.fit(features, params, CONTEXTS.binary))
      transform.apply(features, state)
      expect(features).toEqual(before)
      expectBytes(pack(state), packed)
    })

    it('looks at the target only when it says so', () => {
      if (transform.usesTarget) return
      const other = { ...CONTEXTS.binary, target: CONTEXTS.binary.target.map(value => 1 - value) }
      expectBytes(pack(transform.fit(features, params, other)), pack(state))
    })

    it('learns the same from rows in another order', () => {
      const again = transform.fit(takeFeatures(features, permutation), params, CONTEXTS.binary)
      const [found, wanted] = [again, state].map(one => transform.apply(features, one))
      expect(names(found!.columns)).toEqual(names(wanted!.columns))
      expectNear(matrixOf(found!), matrixOf(wanted!), 1e-5)
    })

    it('can be fitted on no rows', () => {
      const nothing = transform.fit(takeFeatures(features, new Int32Array(0)), params, CONTEXTS.binary)
      const { rows: count, columns: found } = transform.apply(features, nothing)
      expect(count).toBe(ROWS)
      for (const { values } of found) expect(values.every(value => Math.abs(value) !== Infinity)).toBe(true)
    })

    it('gives the same bytes for the same seed, and the same features after a round trip through disk', () => {
      expectBytes(pack(transform.fit(features, params, CONTEXTS.binary)), pack(state))
      expectEqual(
        matrixOf(transform.apply(features, unpack(pack(state)))),
        matrixOf(transform.apply(features, state)),
      )
    })

    it('does not depend on the other rows, nor on their order', () => {
      const all = matrixOf(transform.apply(features, state))
      for (const chosen of [subset, permutation]) {
        const found = matrixOf(transform.apply(takeFeatures(features, chosen), state))
        expectEqual(
          found,
          Array.from(chosen, row => all[row]!),
        )
      }
    })

    it('keeps width, names and kinds for every number of rows', () => {
      const shape = ({ columns }: Features) => columns.map(({ name, kind }) => ({ name, kind }))
      const wanted = shape(transform.apply(features, state))
      for (const chosen of [subset, Int32Array.of(1), new Int32Array(0)]) {
        const result = transform.apply(takeFeatures(features, chosen), state)
        expect(shape(result)).toEqual(wanted)
        expect(result.rows).toBe(chosen.length)
      }
    })

    it('gives the same in the graph', async () => {
      const wild = features.columns.map(
        (column, j): Feature =>
          ({
            ...column,
            values: column.values.map((value, i) => (i % 3 === 0 ? [3e38, -3e38, -0][j % 3]! : value)),
          }) as Feature,
      )
      const near = probes(state)
      const edges = features.columns.map(({ name }): Feature => ({
        kind: 'dense',
        name,
        values: Float32Array.from(near),
      }))
      const sets = [
        features,
        takeFeatures(features, Int32Array.of(30)),
        takeFeatures(features, new Int32Array(0)),
        wrap(wild, ROWS),
        wrap(edges, near.length),
      ]
      const found = await runFeatureTransform((graph, input) => transform.emit(state, graph, input), sets)
      for (const [i, set] of sets.entries()) expectSame(found[i]!, matrixOf(transform.apply(set, state)))
    })
  })
}

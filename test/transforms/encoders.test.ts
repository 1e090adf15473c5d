import { describe, expect, it } from 'vitest'
import { takeColumn } from '../../src/data/dataset.ts'
import type { Feature } from '../../src/data/features.ts'
import { defaults } from '../../src/params/space.ts'
import { transforms } from '../../src/transforms/index.ts'
import { rowCount } from '../../src/transforms/levels.ts'
import type { Encoder } from '../../src/transforms/transform.ts'
import { InputError } from '../../src/util/errors.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { numeric } from './columns.ts'
import { expectBytes, expectEqual, expectSame } from './compare.ts'
import { runEncoder } from './graphs.ts'
import { probes } from './probes.ts'
import {
  columns,
  CONTEXTS,
  later,
  leastSettings,
  matrix,
  names,
  permutation,
  ROWS,
  settings,
  subset,
} from './samples.ts'

// What every transform of one column promises; a new one is tested by being in the table. Those of several columns:
// combiners.test.ts; of features: feature-transforms.test.ts; what may be learnt from the target: leakage.test.ts.
describe.each(transforms.map(transform => [transform.name, transform] as const))('%s', (name, transform) => {
  it('says what it is', () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(transform.summary).toMatch(/^[A-Z].*\.$/)
    expect(transforms.filter(other => other.name === name)).toHaveLength(1)
  })
  if (transform.stage === 'encode') checkEncoder(transform)
})

function checkEncoder(encoder: Encoder): void {
  const kinds = encoder.accepts
  const cases = kinds.flatMap(kind =>
    columns[kind].flatMap((column, i) =>
      [...settings(encoder.space), ...(i === 0 ? leastSettings(encoder.space) : [])].map(params => ({
        column,
        params,
      })),
    ),
  )
  const label = ({ column, params }: (typeof cases)[number]) => `${column.name} ${JSON.stringify(params)}`
  const able = Object.values(CONTEXTS).filter(({ task }) => encoder.tasks?.includes(task) ?? true)
  const tasks = encoder.usesTarget ? able : able.slice(0, 1)

  const inGraph = new Set<string>()
  describe.each(cases.map(item => [label(item), item] as const))('%s', (_, { column, params }) => {
    const states = tasks.map(task => encoder.fit(column, params, task))

    it('leaves its input and its state as they were', () => {
      const before = pack(column)
      for (const [i, task] of tasks.entries()) {
        const packed = pack(states[i])
        const target = task.target.slice()
        encoder.apply(column, states[i])
        encoder.fitApply?.(column, params, task)
        expectBytes(pack(states[i]), packed)
        expectBytes(pack(task.target), pack(target))
      }
      expectBytes(pack(column), before)
    })

    it('fits the same with and without the features of the rows fitted on', () => {
      for (const [i, task] of tasks.entries()) {
        const both = encoder.fitApply?.(column, params, task)
        if (!both) continue
        expectBytes(pack(both.state), pack(states[i]))
        expect(names(both.features)).toEqual(names(encoder.apply(column, states[i])))
        expect(matrix(both.features, ROWS)).toHaveLength(ROWS)
      }
    })

    it('looks at the target only when it says so', () => {
      if (encoder.usesTarget) return expect(encoder.fitApply).toBeDefined()
      const other = { ...CONTEXTS.binary, target: CONTEXTS.binary.target.map(value => 1 - value) }
      expectBytes(pack(encoder.fit(column, params, other)), pack(states[0]))
    })

    it('can be fitted on no rows', () => {
      for (const task of tasks) {
        const state = encoder.fit(takeColumn(column, new Int32Array(0)), params, {
          ...task,
          target: new Float64Array(0),
        })
        const features = encoder.apply(column, state)
        for (const { values } of features)
          expect(values.every(value => Math.abs(value) !== Infinity)).toBe(true)
      }
    })

    it('gives the same bytes for the same seed, and the same features after a round trip through disk', () => {
      for (const [i, state] of states.entries()) {
        expectBytes(pack(encoder.fit(column, params, tasks[i]!)), pack(state))
        expectEqual(
          matrix(encoder.apply(column, unpack(pack(state))), ROWS),
          matrix(encoder.apply(column, state), ROWS),
        )
      }
    })

    it('does not depend on the other rows, nor on their order', () => {
      for (const state of states) {
        const all = matrix(encoder.apply(column, state), ROWS)
        for (const chosen of [subset, permutation]) {
          const found = matrix(encoder.apply(takeColumn(column, chosen), state), chosen.length)
          expectEqual(
            found,
            Array.from(chosen, row => all[row]!),
          )
        }
      }
    })

    it('learns the same from rows in another order', () => {
      const task = tasks[0]!
      const moved = {
        ...task,
        target: permutation.reduce(
          (target, row, i) => ((target[i] = task.target[row]!), target),
          new Float64Array(ROWS),
        ),
      }
      const again = encoder.apply(column, encoder.fit(takeColumn(column, permutation), params, moved))
      expect(names(again)).toEqual(names(encoder.apply(column, states[0])))
      expectSame(matrix(again, ROWS), matrix(encoder.apply(column, states[0]), ROWS))
    })

    it('keeps width, names and kinds whatever comes later', () => {
      for (const state of states) {
        const shape = (features: Feature[]) =>
          features.map(({ name, kind }) => ({ name: name.replace(/^new|^$/, ''), kind }))
        const here = shape(encoder.apply({ ...takeColumn(column, subset), name: 'new' }, state))
        expect(shape(encoder.apply({ ...column, name: 'new' }, state))).toEqual(here)
        for (const other of later[column.kind]) expect(shape(encoder.apply(other, state))).toEqual(here)
        expect(
          shape(encoder.apply({ ...takeColumn(column, new Int32Array(0)), name: 'new' }, state)),
        ).toEqual(here)
      }
    })

    it('gives the same in the graph, for known, new, single and no rows', async () => {
      const known = [
        column,
        ...later[column.kind],
        takeColumn(column, Int32Array.of(0)),
        takeColumn(column, new Int32Array(0)),
      ]
      for (const state of states) {
        // Parameters that only matter to the rows fitted on leave the same state, and so the same graph.
        const key = `${column.kind} ${column.name} ${Buffer.from(pack(state)).toString('latin1')}`
        if (inGraph.has(key)) continue
        inGraph.add(key)
        const seen = column.kind === 'numeric' ? [...known, numeric('probes', probes(state))] : known
        const wanted = seen.map(one => matrix(encoder.apply(one, state), rowCount(one)))
        const found = await runEncoder((graph, input) => encoder.emit(state, graph, input), seen)
        if (!found) expect(wanted[0]![0]).toEqual([])
        for (const [i, rows] of found?.entries() ?? []) expectSame(rows, wanted[i]!)
        if (!encoder.emitColumns || column.kind !== 'numeric') continue
        const emitAll = encoder.emitColumns.bind(encoder, [state])
        const together = await runEncoder(emitAll, seen)
        expect(together?.length).toBe(found?.length)
        for (const [i, rows] of together?.entries() ?? []) expectEqual(rows, found![i]!)
      }
    })
  })

  const unable = Object.values(CONTEXTS).filter(context => !able.includes(context))
  it.each(unable)('says that $task is not for it', context => {
    const fit = () => encoder.fit(columns[kinds[0]!][0]!, defaults(encoder.space), context)
    expect(fit).toThrow(encoder.name)
    expect(fit).toThrow(InputError)
  })
}

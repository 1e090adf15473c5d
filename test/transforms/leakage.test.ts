import { describe, expect, it } from 'vitest'
import type { Column, ColumnKind } from '../../src/data/dataset.ts'
import { isForTask, transforms } from '../../src/transforms/index.ts'
import type { Encoder } from '../../src/transforms/transform.ts'
import { createRng } from '../../src/util/rng.ts'
import { categorical, numeric, text } from './columns.ts'
import { correlation } from './compare.ts'
import { CONTEXTS, settings } from './samples.ts'

// No row may see its own target: a target that has nothing to do with a column stays so after encoding.
const encoders = transforms.filter((one): one is Encoder => one.stage === 'encode' && one.usesTarget === true)

describe.each(encoders.map(encoder => [encoder.name, encoder] as const))('%s', (_, encoder) => {
  const tasks = Object.values(CONTEXTS).filter(({ task }) => isForTask(encoder, task))
  const manyValues = settings(encoder.space).flatMap(params =>
    encoder.accepts.flatMap(kind => tasks.map(({ task, classes }) => ({ params, kind, task, classes }))),
  )
  describe.each(manyValues)('$task $kind $params', ({ params, kind, task, classes }) => {
    const { column, target } = randomTarget(kind, classes)
    const context = { seed: 1, task, classes, target }

    it('learns nothing from a random target on the rows fitted on', () => {
      // Five rows a value: an in-fold mean would correlate by about 0.4; chance alone stays below 4 / √rows.
      const { features } = encoder.fitApply!(column, params, context)
      for (const feature of features) {
        expect(Math.abs(correlation(feature.values, target))).toBeLessThan(4 / Math.sqrt(target.length))
      }
    })

    it('gives a row features that do not change with its own target', () => {
      const { features } = encoder.fitApply!(column, params, context)
      for (const row of [0, 7, 555]) {
        const other = target.slice()
        other[row] = classes ? (target[row]! + 1) % classes : target[row]! + 100
        const changed = encoder.fitApply!(column, params, { ...context, target: other })
        for (const [k, { values }] of features.entries())
          expect(changed.features[k]!.values[row]).toBe(values[row])
      }
    })
  })
})

/** A column of 400 values in 2000 rows, and a target that has nothing to do with it. */
function randomTarget(kind: ColumnKind, classes: number): { column: Column; target: Float64Array } {
  const draw = createRng(77)
  const value = Array.from({ length: 2000 }, () => draw.int(400))
  const names = value.map(number => `v${number}`)
  const column =
    kind === 'numeric' ? numeric('many', value) : (kind === 'text' ? text : categorical)('many', names)
  const target = Float64Array.from(value, () => (classes ? draw.int(classes) : draw.normal()))
  return { column, target }
}

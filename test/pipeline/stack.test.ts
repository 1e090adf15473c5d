import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import type { TaskSchema } from '../../src/data/schema.ts'
import { fitTransforms } from '../../src/pipeline/features.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import {
  foldOf,
  joinPipelines,
  outputColumn,
  outputWidth,
  packPipeline,
  predictPipeline,
  stackedMembers,
  unpackPipeline,
  type Pipeline,
} from '../../src/pipeline/pipeline.ts'
import { allRows } from '../transforms/columns.ts'
import { ROWS, TASKS, toyDataset, toyModel, toyPipeline } from './toys.ts'

vi.mock('../../src/models/index.ts', async () => {
  const { toyKind } = await import('./toys.ts')
  return { predictModel: toyKind.predict, emitModel: toyKind.emit }
})

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const namesOf = (task: TaskSchema) => {
  const width = outputWidth(task)
  return Array.from({ length: width === 2 ? 1 : width }, (_, k) => `trial 3: ${k}`)
}

/** The table with the last outputs of a pipeline beside it. */
async function above(base: Pipeline, dataset: Dataset, names: readonly string[]): Promise<Dataset> {
  const width = outputWidth(base.task)
  const outputs = await predictPipeline(base, dataset)
  const columns = names.map((name, i) =>
    outputColumn(name, dataset.rows, row => outputs[row * width + width - names.length + i]!),
  )
  return { ...dataset, columns: [...dataset.columns, ...columns] }
}

/** Two members over a base of three, each reading the base and one column of the table. */
async function stackedPipeline(task: TaskSchema) {
  const base = toyPipeline(task)
  const names = namesOf(task)
  const wide = await above(base, toyDataset(), names)
  const members = [1, 2].map(seed => {
    const rows = allRows(ROWS).filter(row => row % 3 !== seed)
    const encode = [{ transform: 'robust-imputer', params: { strategy: 'median' } }]
    const plan = { groups: [{ name: 'stack', columns: ['age', ...names], encode, then: [] }], merged: [] }
    const context = { seed, task: task.task, classes: task.classes.length, target: new Float64Array(rows.length) }
    const { fitted, features } = fitTransforms(plan, wide, rows, context)
    return { weight: seed, transforms: fitted, model: toyModel(features, task.classes.length || 1, seed) }
  }) // prettier-ignore
  const bases = [{ columns: names, members: base.members }]
  return { base, pipeline: { ...base, members, bases } satisfies Pipeline, names }
}

describe.each(Object.entries(TASKS))('a stack level for a %s task', (name, task) => {
  const dataset = toyDataset(2, 80)
  const near = (found: Float64Array, wanted: Float64Array, digits: number) => {
    expect(found).toHaveLength(wanted.length)
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits)
  }

  it('reads the mean answer of the models below it as columns', async () => {
    const { base, pipeline, names } = await stackedPipeline(task)
    const { bases: _, ...alone } = pipeline
    const byHand = await predictPipeline(alone, await above(base, dataset, names))
    near(await predictPipeline(pipeline, dataset), byHand, 12)
    expect(stackedMembers(pipeline)).toEqual(pipeline.members)
    expect(stackedMembers(base)).toEqual([])
  })

  it('stands in one graph with what is below it, which asks for columns of the table only', async () => {
    const { base, pipeline } = await stackedPipeline(task)
    const joined = joinPipelines([
      { weight: 1, pipeline: base },
      { weight: 3, pipeline },
    ])
    for (const [i, one] of [pipeline, joined].entries()) {
      const place = join(folder, `${name}${i}`)
      writeModel(place, one, { name: 'toy', metrics: {}, provenance: {} })
      const model = await openOnnxModel(place)
      const columns = new Set(dataset.columns.map(column => column.name))
      expect(model.info.inputs.every(({ column }) => columns.has(column))).toBe(true)
      near(await model.predict(dataset), await predictPipeline(one, dataset), 5)
      await model.close()
    }
  })

  it('answers the same after a round trip, and joined with what is below it', async () => {
    const { base, pipeline } = await stackedPipeline(task)
    const back = unpackPipeline(packPipeline(pipeline))
    const answers = await predictPipeline(pipeline, dataset)
    expect(await predictPipeline(back, dataset)).toEqual(answers)
    const joined = joinPipelines([
      { weight: 1, pipeline: unpackPipeline(packPipeline(base)) },
      { weight: 3, pipeline: back },
      { weight: 4, pipeline },
    ])
    expect(joined.bases).toHaveLength(1)
    expect(joined.bases![0]!.members).toHaveLength(base.members.length)
    // Models that are members too stand there once.
    expect(joined.bases![0]!.members[0]!.model).toBe(joined.members[0]!.model)
    const below = await predictPipeline(base, dataset)
    near(
      await predictPipeline(joined, dataset),
      answers.map((value, i) => (7 * value + below[i]!) / 8),
      12,
    )
  })

  it('takes fold by fold the models of that fold on both levels, and all of them joined again', async () => {
    const { pipeline, base } = await stackedPipeline(task)
    const twoBelow = { ...pipeline, bases: [{ ...pipeline.bases[0]!, members: base.members.slice(0, 2).map(member => ({ ...member, weight: 1 })) }] } // prettier-ignore
    const folds = [0, 1].map(fold => foldOf(twoBelow, fold))
    for (const [fold, one] of folds.entries()) {
      expect(one.members).toEqual([twoBelow.members[fold]])
      expect(one.bases![0]!.members).toEqual([twoBelow.bases[0]!.members[fold]])
    }
    const joined = joinPipelines(folds.map((one, fold) => ({ weight: fold + 1, pipeline: one })))
    near(await predictPipeline(joined, dataset), await predictPipeline(twoBelow, dataset), 12)
  })
})

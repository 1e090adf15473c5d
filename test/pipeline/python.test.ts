import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import { answerRows } from '../../src/pipeline/answer.ts'
import type { TransformPlan } from '../../src/pipeline/features.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { predictPipeline } from '../../src/pipeline/pipeline.ts'
import { transforms } from '../../src/transforms/index.ts'
import { askPython } from './ask-python.ts'
import { TASKS, toyDataset, toyPipeline, toyPlan } from './toys.ts'
import { ableOnly } from './trained.ts'

// The official checker and another language's runtime: set GLASSPILOT_PYTHON to a python that has onnx and onnxruntime.
vi.mock('../../src/models/index.ts', async () => {
  const { toyKind } = await import('./toys.ts')
  return { predictModel: toyKind.predict, emitModel: toyKind.emit }
})

const python = process.env.GLASSPILOT_PYTHON
const ready =
  python !== undefined && spawnSync(python, ['-c', 'import onnx, onnxruntime, numpy']).status === 0
const reason =
  python === undefined ? 'GLASSPILOT_PYTHON is not set' : `${python} lacks onnx, onnxruntime or numpy`

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const step = (transform: string, params = {}) => ({ transform, params })

/** Every transform of the table at least once. */
const everything: TransformPlan = {
  groups: [
    {
      name: 'numeric',
      columns: ['age', 'probability', 'never used'],
      encode: [
        step('robust-imputer'),
        step('missing-indicator'),
        step('threshold-one-hot', { threshold: 2 }),
        step('ordinal-encoder', { threshold: 2 }),
        step('frequency-encoder'),
        step('target-encoder'),
        step('woe-encoder'),
      ],
      then: [
        step('feature-imputer'),
        step('quantile-extreme', { threshold_std: 0.5 }),
        step('log-extreme', { threshold_std: 0.1 }),
        step('robust-smooth-clip'),
        step('piecewise-linear-encoder', { n_bins: 4 }),
        step('periodic-encoder'),
      ],
    },
    {
      name: 'pixels',
      columns: ['age', 'probability', 'never used'],
      encode: [step('robust-imputer')],
      then: [step('feature-imputer'), step('gradient-histograms', { height: 3, width: 1, cell: 2 })],
    },
    {
      name: 'strings',
      columns: ['city "of" birth', 'review'],
      encode: [
        step('missing-indicator'),
        step('threshold-one-hot', { threshold: 2 }),
        step('ordinal-encoder', { threshold: 2 }),
        step('frequency-encoder'),
        step('target-encoder'),
        step('woe-encoder'),
        step('tfidf', { ngram_max: 2 }),
        step('tfidf', { analyzer: 'char_wb', ngram_min: 2, ngram_max: 3 }),
        step('text-statistics'),
        step('sequence-features'),
        step('similarity-encoder', { target_dimension: 6 }),
      ],
      then: [step('remove-constant'), step('feature-imputer', { strategy: 'mean' })],
    },
    {
      name: 'datetime',
      columns: ['when'],
      encode: [step('datetime-vectorizer'), step('calendar-features'), step('missing-indicator')],
      then: [step('feature-imputer', { strategy: 'zero' }), step('common-scaler')],
    },
    {
      name: 'pairs of numbers and categories',
      columns: ['age', 'probability', 'city "of" birth'],
      encode: [
        step('category-interactions', { minimum_gain: -1 }),
        step('category-interactions', { minimum_gain: -1, encoding: 'codes' }),
        step('group-by-features', { minimum_gain: -1 }),
      ],
      then: [step('feature-imputer')],
    },
    {
      name: 'pairs of numbers',
      columns: ['age', 'probability', 'never used'],
      encode: [step('arithmetic-features', { minimum_gain: -1 })],
      then: [step('feature-imputer')],
    },
  ],
  merged: [
    step('robust-pca', { n_components: 12 }),
    step('quadratic', { max_n_features: 40 }),
    step('robust-standard-scaler'),
  ],
}

it('the plan of this test holds every transform', () => {
  const named = [
    ...everything.groups.flatMap(({ encode, then }) => [...encode, ...then]),
    ...everything.merged,
  ]
  expect(new Set(named.map(({ transform }) => transform))).toEqual(
    new Set(transforms.map(({ name }) => name)),
  )
})

describe.skipIf(!ready)(`Python's onnx and onnxruntime${ready ? '' : ` (skipped: ${reason})`}`, () => {
  it.each([
    ['binary', 'usual', toyPlan],
    ['multiclass', 'every transform', everything],
    ['regression', 'every transform', everything],
  ])('accept a %s pipeline with %s and give the same answers', async (name, label, plan) => {
    const task = TASKS[name]!
    const pipeline = toyPipeline(task, ableOnly(plan, task.task))
    const place = join(folder, `${name} ${label}`)
    writeModel(place, pipeline, { name, metrics: {}, provenance: {} })
    const dataset = toyDataset(5, 80)
    const results = askPython(python!, place, emitPipeline(pipeline).description.inputs, dataset)
    const outputs = await predictPipeline(pipeline, dataset)
    const found = (
      task.task === 'regression' ? results.prediction : results.probabilities!.flat()
    ) as number[]
    expect(found).toHaveLength(outputs.length)
    for (const [i, value] of outputs.entries()) {
      expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)))
    }
    if (task.task === 'regression') return
    expect(results.predicted_label).toEqual(answerRows(outputs, task).data.map(([label]) => label))
    expect(results.labels).toEqual(task.classes)
  })
})

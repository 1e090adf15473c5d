import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import type { ExperimentData } from '../../src/experiment/data.ts'
import type { Executor } from '../../src/experiment/executor.ts'
import { fitCandidate } from '../../src/experiment/fit-candidate.ts'
import { canStack, isStackDue, openStack, stackProposals } from '../../src/experiment/stack.ts'
import { finishedTrials, layout } from '../../src/experiment/store.ts'
import { leaveTrial } from '../../src/experiment/trial-files.ts'
import type { Trial } from '../../src/experiment/types.ts'
import { defaults } from '../../src/params/space.ts'
import { splitRows } from '../../src/split/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { numeric, table } from '../transforms/columns.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ROWS = 90
const rng = createRng(5)
const x = Array.from({ length: ROWS }, () => rng.normal())
const noise = Array.from({ length: ROWS }, () => rng.normal())
const target = {
  name: 'y',
  task: 'regression',
  classes: [],
  values: Float64Array.from(x, (value, i) => 3 * value + noise[i]! / 10),
} as const
const dataset = table(ROWS, [numeric('x', x), numeric('trial 0', noise)])
const data: ExperimentData = {
  dataset,
  target,
  folds: splitRows(target, { seed: 0, folds: 3 }),
  table: { columns: [] },
}
const group = (columns: readonly string[]) => ({
  name: 'numbers',
  reason: '',
  columns,
  encode: [{ transform: 'robust-imputer', params: { strategy: 'median' } }],
  then: [],
})
const candidate = (name: string, algorithm: string, columns = ['x', 'trial 0']): Candidate => ({
  name,
  role: 'plain',
  reason: '',
  groups: columns.length > 0 ? [group(columns)] : [],
  merged: [],
  algorithm,
  static: {},
  space: algorithms.find(one => one.name === algorithm)!.space,
})
const linear = candidate('dpp0-linear-learner', 'linear-learner')
const trees = candidate('dpp1-gbt-depthwise', 'gbt-depthwise')
const plan = [linear, trees, candidate('dpp2-gbt-depthwise', 'gbt-depthwise'), candidate('dpp3-random-forest', 'random-forest'), candidate('dpp4-baseline', 'baseline', [])] // prettier-ignore
const trial = (id: number, of: Candidate, RMSE: number, more: Partial<Trial> = {}): Trial => ({
  id,
  candidate: of.name,
  algorithm: of.algorithm,
  params: {},
  seed: id,
  state: 'COMPLETE',
  metrics: { RMSE, MSE: RMSE ** 2 },
  bytes: 1e6,
  ...more,
})
const objective = { name: 'RMSE', direction: 'minimize' } as const

describe('a stack level', () => {
  it('needs k folds that hold out every row once, rows enough, an ensemble, and trials that see one folder', () => {
    const here = { slots: 2, sharesFolder: true } as Executor
    const many = { ...target, values: Float64Array.from({ length: 1500 }, (_, i) => i) }
    const folds = splitRows(many, { seed: 0, folds: 5 })
    expect(canStack({ mode: 'auto' }, { folds }, here)).toBe(true)
    expect(canStack({ mode: 'auto', stacking: false }, { folds }, here)).toBe(false)
    expect(canStack({ mode: 'hpo' }, { folds }, here)).toBe(false)
    expect(canStack({ mode: 'ensemble' }, { folds }, { slots: 2 } as Executor)).toBe(false)
    expect(canStack({ mode: 'ensemble' }, { folds: { ...folds, kind: 'holdout' } }, here)).toBe(false)
    expect(canStack({ mode: 'ensemble' }, { folds: { ...folds, repeats: 2 } }, here)).toBe(false)
    expect(canStack({ mode: 'ensemble' }, { folds: { ...folds, forward: true } }, here)).toBe(false)
    expect(canStack({ mode: 'ensemble' }, { folds: data.folds }, here)).toBe(false)
  })

  it('comes when a third of the time is left, or the search has nothing more to try', () => {
    const done = Array.from({ length: 6 }, (_, id) => trial(id, trees, 1))
    const at = (left: number, converged = false, trials = done) =>
      isStackDue(trials, { left, whole: 100, converged })
    expect(at(50)).toBe(false)
    expect(at(35)).toBe(true)
    expect(at(50, true)).toBe(true)
    expect(at(30, false, done.slice(1))).toBe(false)
  })

  it('stands above the members of the ensemble and the best of every learner, with one trial of each able learner', () => {
    const done = [trial(0, plan[4]!, 9), trial(1, linear, 3), trial(2, trees, 1), trial(3, trees, 2), trial(4, plan[3]!, 4), trial(5, trees, 0.5, { state: 'FAILED' }), trial(6, plan[3]!, 5)] // prettier-ignore
    const ensemble = { members: [{ trial: 3, weight: 0.4 }, { trial: 2, weight: 0.6 }], metrics: {} } // prettier-ignore
    expect(stackProposals(plan, done, ensemble, { objective })).toEqual(
      [linear, trees].map(({ name, space }) => ({
        candidate: name,
        params: defaults(space),
        stack: [1, 2, 3, 4],
      })),
    )
    const heavy = done.map(one => ({ ...one, bytes: 40e6 }))
    expect(stackProposals(plan, heavy, ensemble, { objective })).toEqual([])
  })

  it('gives every row the answers of models that did not learn from it', async () => {
    const paths = layout(join(folder, 'open'))
    const options = { objective: 'RMSE' as const, seed: 1, signal: new AbortController().signal, seconds: Infinity }
    const learner = algorithms.find(({ name }) => name === 'linear-learner')!
    const fitted = await fitCandidate(data, linear, learner, defaults(linear.space), options)
    leaveTrial(paths, { id: 0, candidate: linear.name, algorithm: 'linear-learner', params: {}, seed: 1 }, { definition: 'd', fitted }) // prettier-ignore
    const { data: wider, candidate: stacked, bases } = openStack(paths, data, linear, [0])
    // Its name is not that of a column of the table.
    expect(wider.dataset.columns.map(({ name }) => name)).toEqual(['x', 'trial 0', "trial 0'"])
    const column = wider.dataset.columns[2]!
    let at = 0
    for (const { validation } of data.folds.folds)
      for (const row of validation) expect(column.kind === 'numeric' && column.values[row]).toBe(fitted.outputs[at++]!) // prettier-ignore
    expect(bases[0]!.members).toHaveLength(3)
    expect(stacked.groups.map(({ columns }) => columns)).toEqual([["trial 0'"]])
    expect(openStack(paths, data, trees, [0]).candidate.groups.map(({ columns }) => columns)).toEqual([
      ['x', 'trial 0'],
      ["trial 0'"],
    ])
    expect(dataset.columns).toHaveLength(2)
  }) // prettier-ignore

  it('goes with the trials below it when their candidate is edited', () => {
    const record = (one: Trial, definition: string) => ({ type: 'trial' as const, definition, trial: one })
    const records = [
      record(trial(0, linear, 3), 'a'),
      record(trial(1, trees, 2), 'b'),
      record(trial(2, trees, 1, { stack: [0, 1] }), 'b'),
    ]
    const now = (definition: string) =>
      finishedTrials(records, new Map([[linear.name, definition], [trees.name, 'b']])).map(({ id }) => id) // prettier-ignore
    expect(now('a')).toEqual([0, 1, 2])
    expect(now('edited')).toEqual([1])
  })
})

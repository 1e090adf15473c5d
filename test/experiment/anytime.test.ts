import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anytimeOf, followModel } from '../../src/experiment/anytime.ts'
import { createStore } from '../../src/experiment/store.ts'
import type { ExperimentEvent, ExperimentSpec, Trial } from '../../src/experiment/types.ts'
import { evaluate } from '../../src/metrics/index.ts'
import { pack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'
import { temporaryFolder } from '../helpers/cli.ts'

const spec: ExperimentSpec = {
  name: 'a',
  data: 'a.csv',
  target: 'y',
  mode: 'auto',
  maxCandidates: 9,
  seed: 0,
  workers: 1,
  definitionsOnly: false,
  backend: 'local',
}
const rows = 200
const rng = createRng(5)
const values = Float64Array.from({ length: rows }, () => rng.normal())
const validation = Int32Array.from({ length: rows }, (_, row) => row)
const prepared = {
  target: { task: 'regression', name: 'y', values, classes: [] },
  task: { task: 'regression', target: 'y', classes: [] },
  folds: { kind: 'holdout', reason: '', folds: [{ train: validation, validation }] },
  objective: { name: 'RMSE', direction: 'minimize' },
} as const

describe('the model while trials run', () => {
  const folder = temporaryFolder()
  let made = 0

  /** Trials whose errors are independent, so that their mean is better than each. */
  function start(mode: ExperimentSpec['mode']) {
    const store = createStore(join(folder, String(made++)), { ...spec, mode }, '0')
    const trial = (id: number): Trial => {
      const outputs = Float64Array.from(values, value => value + 0.5 * rng.normal())
      mkdirSync(store.paths.trial(id), { recursive: true })
      writeFileSync(join(store.paths.trial(id), 'outputs.bin'), pack({ outputs }))
      const metrics = evaluate({ task: 'regression', target: values, outputs, width: 1 })
      return { id, candidate: 'c', algorithm: 'a', params: {}, seed: 0, state: 'COMPLETE', bytes: 1, metrics }
    }
    const events: ExperimentEvent[] = []
    return { store, trial, events, model: followModel(store, prepared, event => void events.push(event)) }
  }

  it('is chosen anew when trials have finished, told, journalled and written', () => {
    const { store, trial, events, model } = start('auto')
    const trials = [trial(0)]
    expect(model.update([])).toBeUndefined()
    expect(model.update(trials)!.members).toEqual([{ trial: 0, weight: 1 }])
    trials.push(trial(1), trial(2))
    const both = model.update(trials)!
    expect(both.members.length).toBeGreaterThan(1)
    expect(model.update(trials)).toBe(both)
    const points = anytimeOf(store.journal.records)
    expect(points.map(({ trials }) => trials)).toEqual([1, 3])
    expect(points[1]!.model).toBeLessThan(points[1]!.best)
    expect(points[1]!.seconds).toBeGreaterThanOrEqual(points[0]!.seconds)
    expect(events.filter(({ type }) => type === 'ensemble')).toHaveLength(2)
    expect(readFileSync(store.paths.anytime, 'utf8').split('\n')).toHaveLength(4)
    store.close()
  })
  it('is the best single trial where one pipeline was asked for', () => {
    const { store, trial, model } = start('hpo')
    const trials = [trial(0), trial(1), trial(2)]
    const best = trials.reduce((a, b) => (b.metrics!.RMSE! < a.metrics!.RMSE! ? b : a))
    expect(model.update(trials)!.members).toEqual([{ trial: best.id, weight: 1 }])
    store.close()
  })
  it('counts its seconds on after a resume', () => {
    const { store, trial, model } = start('auto')
    model.update([trial(0)])
    store.journal.append({ type: 'anytime', seconds: 100, trials: 1, best: 1, model: 1 })
    followModel(store, prepared, () => {}).update([trial(0), trial(1)])
    expect(anytimeOf(store.journal.records).at(-1)!.seconds).toBeGreaterThanOrEqual(100)
    store.close()
  })
})

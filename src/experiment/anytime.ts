import Papa from 'papaparse'
import { higherIsBetter } from '../metrics/index.ts'
import { writeFileAtomic } from '../util/files.ts'
import { assembleEnsemble, singleModel, type Scoring } from './assemble.ts'
import { bestTrial } from './leaderboard.ts'
import type { JournalRecord } from './journal.ts'
import type { Layout, Store } from './store.ts'
import type { Anytime, Ensemble, ExperimentEvent, ExperimentSpec, Trial } from './types.ts'

/** Of the time so far: choosing the model again and again may cost this much, so that it never starves the trials. */
const CHOOSING_SHARE = 0.05

/** The model an experiment would give if it ended now, kept up to date while trials run. */
export interface ModelChoice {
  /** Chooses anew when trials have finished since, and tells. Undefined without a finished trial. */
  update(trials: readonly Trial[]): Ensemble | undefined
  /** Chooses anew when there is time for it. */
  glance(trials: readonly Trial[]): Ensemble | undefined
}

export function followModel(
  { paths, spec, journal }: Store,
  prepared: Scoring,
  emit: (event: ExperimentEvent) => void,
): ModelChoice {
  const started = performance.now()
  const before = journal.records.findLast(record => record.type === 'anytime')?.seconds ?? 0
  const outputs = new Map<number, Float64Array>()
  let seen = -1
  let chosen: Ensemble | undefined
  let choosingMs = 0
  const update = (trials: readonly Trial[]): Ensemble | undefined => {
    const finished = trials.filter(({ state }) => state === 'COMPLETE').length
    if (finished === seen) return chosen
    const from = performance.now()
    seen = finished
    const best = bestTrial(trials, prepared.objective)
    if (!best) return undefined
    const { name } = prepared.objective
    chosen = chooseModel(paths, spec, prepared, trials, outputs)!
    const now = performance.now()
    choosingMs += now - from
    const point: Anytime = {
      seconds: before + (now - started) / 1000,
      trials: trials.length,
      best: best.metrics![name]!,
      model: chosen.metrics[name]!,
    }
    journal.append({ type: 'anytime', ...point })
    writeFileAtomic(paths.anytime, anytimeCsv(anytimeOf(journal.records)))
    emit({ type: 'ensemble', ensemble: chosen })
    return chosen
  }
  return {
    update,
    glance: trials => (choosingMs > CHOOSING_SHARE * (performance.now() - started) ? chosen : update(trials)),
  }
}

/** The model that these trials give: the best weighted mean where the mode allows it and it is no worse, else the best trial. */
export function chooseModel(
  paths: Layout,
  { mode }: Pick<ExperimentSpec, 'mode'>,
  prepared: Scoring,
  trials: readonly Trial[],
  outputs?: Map<number, Float64Array>,
): Ensemble | undefined {
  const best = bestTrial(trials, prepared.objective)
  if (!best) return undefined
  const weighed = mode === 'hpo' ? undefined : assembleEnsemble(paths, prepared, trials, outputs)
  const { name } = prepared.objective
  const worth = ({ metrics }: Pick<Ensemble, 'metrics'>) => higherIsBetter(name, metrics[name]!)
  const isEnough = weighed && worth(weighed) >= worth({ metrics: best.metrics! })
  return isEnough ? weighed : singleModel(paths, prepared, best)
}

/** How good the model would have been after each generation, in the order of time. */
export const anytimeOf = (records: readonly JournalRecord[]): Anytime[] =>
  records.flatMap(record => {
    if (record.type !== 'anytime') return []
    const { seconds, trials, best, model } = record
    return [{ seconds, trials, best, model }]
  })

export const anytimeCsv = (points: readonly Anytime[]): string =>
  `${Papa.unparse(
    {
      fields: ['seconds', 'trials', 'best', 'model'],
      data: points.map(({ seconds, trials, best, model }) => [seconds.toFixed(3), trials, best, model]),
    },
    { newline: '\n' },
  )}\n`

import Papa from 'papaparse'
import { metrics, type MetricName } from '../metrics/index.ts'
import type { Params } from '../params/space.ts'
import { standardDeviation } from '../tune/statistics.ts'
import { writeFileAtomic } from '../util/files.ts'
import { writeDocument, type Layout } from './store.ts'
import type { Ensemble, MetricValues, Objective, Trial, TrialState } from './types.ts'

export interface LeaderboardRow {
  /** 1 is best; trials without a score come last, in order of id. */
  readonly rank: number
  readonly trial: number
  readonly candidate: string
  readonly algorithm: string
  readonly score: number | null
  /** Standard deviation of the objective over folds; 0 with one holdout. */
  readonly std: number | null
  readonly metrics: MetricValues
  readonly fitSeconds: number | null
  readonly predictMicrosecondsPerRow: number | null
  readonly bytes: number | null
  readonly state: TrialState
  readonly params: Params
  readonly reason?: string
}

/** Positive when `a` is better than `b`; a trial without a score is worst. Ties go to the lower log loss (MSE), then the earlier trial. */
export function compareTrials(a: Trial, b: Trial, { name, direction }: Objective): number {
  const sign = direction === 'maximize' ? 1 : -1
  const [left, right] = [a.metrics?.[name], b.metrics?.[name]]
  if (left === undefined || right === undefined) {
    if (left === right) return b.id - a.id
    return left === undefined ? -1 : 1
  }
  if (left !== right) return sign * (left - right)
  const loss = (trial: Trial) => trial.metrics?.LogLoss ?? trial.metrics?.MSE ?? 0
  return loss(b) - loss(a) || b.id - a.id
}

/** Every trial, best first, by held-out rows only. */
export function rankTrials(trials: readonly Trial[], objective: Objective): LeaderboardRow[] {
  return [...trials]
    .sort((a, b) => compareTrials(b, a, objective))
    .map((trial, index) => ({
      rank: index + 1,
      trial: trial.id,
      candidate: trial.candidate,
      algorithm: trial.algorithm,
      score: trial.metrics?.[objective.name] ?? null,
      std: trial.foldScores ? standardDeviation(trial.foldScores) : null,
      metrics: trial.metrics ?? {},
      fitSeconds: trial.fitSeconds ?? null,
      predictMicrosecondsPerRow: trial.predictMicrosecondsPerRow ?? null,
      bytes: trial.bytes ?? null,
      state: trial.state,
      params: trial.params,
      ...reasonOf(trial),
    }))
}

function reasonOf({ reason, rowShare, stepShare, state, stack }: Trial): { reason?: string } {
  if (reason !== undefined) return { reason }
  if (stack && state === 'COMPLETE')
    return { reason: `learnt from the answers of trials ${stack.join(', ')}` }
  if (state !== 'COMPLETE') return {}
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`
  if (rowShare !== undefined) return { reason: `learnt from ${percent(rowShare)} of the training rows` }
  return stepShare === undefined ? {} : { reason: `took ${percent(stepShare)} of its steps` }
}

/** Whether something went wrong: it was neither finished nor given up as hopeless. */
export const hasFailed = ({ state }: Pick<Trial, 'state'>): boolean =>
  state !== 'COMPLETE' && state !== 'PRUNED'

/** The best finished trial, or undefined. */
export const bestTrial = (trials: readonly Trial[], objective: Objective): Trial | undefined =>
  trials.filter(trial => trial.state === 'COMPLETE').sort((a, b) => compareTrials(b, a, objective))[0]

/** Name of the model that is a weighted mean of trials. */
export const ENSEMBLE = 'ensemble'

/** The trials and, when it has several members, the ensemble as one more row. */
export function withEnsemble(
  trials: readonly Trial[],
  ensemble: Ensemble | undefined,
  objective: Objective,
): readonly Trial[] {
  if (!ensemble || ensemble.members.length < 2) return trials
  const members = new Map(ensemble.members.map(({ trial, weight }) => [trial, weight]))
  const used = trials.filter(trial => members.has(trial.id))
  const best = bestTrial(used, objective)!
  return [
    ...trials,
    {
      id: Math.max(...trials.map(trial => trial.id)) + 1,
      candidate: ENSEMBLE,
      algorithm: `weighted ${ENSEMBLE}`,
      params: Object.fromEntries(ensemble.members.map(({ trial, weight }) => [`trial ${trial}`, weight])),
      seed: best.seed,
      state: 'COMPLETE',
      metrics: ensemble.metrics,
      fitSeconds: used.reduce((sum, trial) => sum + trial.fitSeconds!, 0),
      predictMicrosecondsPerRow: used.reduce((sum, trial) => sum + trial.predictMicrosecondsPerRow!, 0),
      bytes: used.reduce((sum, trial) => sum + trial.bytes!, 0),
    },
  ]
}

/** The leaderboard as CSV at full precision. Nothing in it depends on the clock: same run, same bytes. */
export function leaderboardCsv(rows: readonly LeaderboardRow[]): string {
  const names = Object.keys(metrics).filter(name =>
    rows.some(row => row.metrics[name as MetricName] !== undefined),
  ) as MetricName[]
  return `${Papa.unparse(
    {
      fields: [
        'rank',
        'trial',
        'candidate',
        'algorithm',
        'state',
        'score',
        'std',
        ...names,
        'params',
        'reason',
      ],
      data: rows.map(row => [
        row.rank,
        row.trial,
        row.candidate,
        row.algorithm,
        row.state,
        row.score,
        row.std,
        ...names.map(name => row.metrics[name] ?? null),
        JSON.stringify(row.params),
        row.reason ?? null,
      ]),
    },
    { newline: '\n' },
  )}\n`
}

/** What depends on the clock, kept apart. */
export const timingsCsv = (rows: readonly LeaderboardRow[]): string =>
  `${Papa.unparse(
    {
      fields: ['trial', 'fitSeconds', 'predictMicrosecondsPerRow', 'bytes'],
      data: [...rows]
        .sort((a, b) => a.trial - b.trial)
        .map(row => [row.trial, row.fitSeconds, row.predictMicrosecondsPerRow, row.bytes]),
    },
    { newline: '\n' },
  )}\n`

/** Rewrites the files that follow from the journal. */
export function writeLeaderboard(paths: Layout, objective: Objective, trials: readonly Trial[]): void {
  const rows = rankTrials(trials, objective)
  writeFileAtomic(paths.leaderboard, leaderboardCsv(rows))
  writeFileAtomic(paths.timings, timingsCsv(rows))
  writeDocument(paths.leaderboardJson, { objective, rows })
}

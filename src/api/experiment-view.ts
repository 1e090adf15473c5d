import { existsSync } from 'node:fs'
import type { Task } from '../data/dataset.ts'
import { readExperiment, readDocument } from '../experiment/store.ts'
import type { LeaderboardRow } from '../experiment/leaderboard.ts'
import type { Objective } from '../experiment/types.ts'
import type { DatasetProfile } from '../profile/profile.ts'

/** What the folder of a job's experiment says at this moment. */
export interface ExperimentView {
  readonly exists: boolean
  /** Autopilot's word for how far it came. */
  readonly stage:
    | 'Starting'
    | 'AnalyzingData'
    | 'FeatureEngineering'
    | 'Training'
    | 'GeneratingModelInsightsReport'
    | 'Finished'
  readonly objective?: Objective
  readonly task?: Task
  /** Best first; the ensemble is one of them when the job is done. */
  readonly rows: readonly LeaderboardRow[]
  /** Trial number of what became the model. */
  readonly best?: number
  readonly hasModel: boolean
}

const NOTHING: ExperimentView = { exists: false, stage: 'Starting', rows: [], hasModel: false }

export function viewExperiment(folder: string): ExperimentView {
  if (!existsSync(`${folder}/experiment.json`)) return NOTHING
  const { paths, records, trials } = readExperiment(folder)
  const board = existsSync(paths.leaderboardJson)
    ? readDocument<{ objective: Objective; rows: LeaderboardRow[] }>(paths.leaderboardJson)
    : undefined
  const target = existsSync(paths.profile) ? readDocument<DatasetProfile>(paths.profile).target : undefined
  const ended = records.some(({ type }) => type === 'finished')
  const ensemble = records.findLast(record => record.type === 'ensemble')
  const stage = ended
    ? 'Finished'
    : ensemble
      ? 'GeneratingModelInsightsReport'
      : trials.length > 0 || records.some(({ type }) => type === 'generation')
        ? 'Training'
        : existsSync(paths.candidates)
          ? 'FeatureEngineering'
          : 'AnalyzingData'
  const hasModel = existsSync(`${paths.model}/model.json`)
  const { objective, rows = [] } = board ?? {}
  const members = ensemble?.type === 'ensemble' ? ensemble.ensemble.members : []
  const joined = rows.find(row => row.candidate === 'ensemble')
  const best = members.length === 1 ? members[0]!.trial : joined?.trial
  return {
    exists: true,
    stage,
    ...(objective && { objective }),
    ...(target && { task: target.task }),
    rows,
    ...(best !== undefined && { best }),
    hasModel,
  }
}

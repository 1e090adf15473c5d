export { algorithms } from './algorithms/index.ts'
export type { Candidate } from './candidates/candidate.ts'
export { parseCandidates, proposeCandidates } from './candidates/index.ts'
export type { Column, Dataset, Target, Task } from './data/dataset.ts'
export { readDataset } from './data/read.ts'
export { createStore, openStore, readExperiment, type Store } from './experiment/store.ts'
export { rankTrials, type LeaderboardRow } from './experiment/leaderboard.ts'
export type { ExperimentEvent, ExperimentSpec, Objective, Trial } from './experiment/types.ts'
export { evaluateModel, evaluatePredictor, type Evaluation } from './job/evaluate.ts'
export {
  explainExperiment,
  type Explanations,
  type ExplainOptions,
  type RowExplanation,
} from './job/explain.ts'
export { runJob, type JobResult } from './job/job.ts'
export { predictFile } from './job/predict.ts'
export { reportOf, type Report, type ReportOptions } from './job/report.ts'
export { openPredictor, type Predictor } from './job/predictor.ts'
export { runExperiment, startExperiment, type ExperimentRequest, type RunOptions } from './job/start.ts'
export { VERSION } from './job/version.ts'
export { evaluate, metrics, type MetricName } from './metrics/index.ts'
export { profileDataset } from './profile/index.ts'
export type { DatasetProfile } from './profile/profile.ts'
export { transforms } from './transforms/index.ts'
export { GlasspilotError, InputError, TrialError, BackendError } from './util/errors.ts'

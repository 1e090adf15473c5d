import { algorithms } from '../algorithms/index.ts'
import type { LeaderboardRow } from '../experiment/leaderboard.ts'
import type { MetricName } from '../metrics/index.ts'
import { sha256 } from '../util/files.ts'
import type { ExperimentView } from './experiment-view.ts'
import { Places } from './places.ts'
import { arn } from './records.ts'
import type { JobRecord } from './types.ts'

/** Metric names that the service has where only its first list is allowed. */
const METRICS = ['Accuracy', 'MSE', 'F1', 'F1macro', 'AUC', 'RMSE', 'BalancedAccuracy', 'R2', 'Recall', 'RecallMacro', 'Precision', 'PrecisionMacro', 'MAE'] // prettier-ignore

export const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/glasspilot-inference:latest'

/** The name of a trial among candidates; the same at every look. */
export const candidateName = (job: string, trial: number): string =>
  `${job.slice(0, 32)}-${String(trial + 1).padStart(4, '0')}-${sha256(`${job}/${trial}`).slice(0, 8)}`

/** Where the model of a candidate lies, or will when somebody makes a model of it. */
export const modelUri = ({ name, request }: JobRecord, candidate: string): string =>
  Places.under(
    request.OutputDataConfig.S3OutputPath,
    name,
    'sagemaker-automl-candidates',
    'model',
    candidate,
    'model.tar.gz',
  )

export const tuningName = (job: string): string => `${job.slice(0, 24)}-tuning`

/** Autopilot's name of an algorithm where it has one. */
const autopilotName = (name: string): string =>
  algorithms.find(algorithm => algorithm.name === name)?.autopilotName ?? name

/** One line of a leaderboard as the service tells it. */
export function candidateOf(
  job: JobRecord,
  view: ExperimentView,
  row: LeaderboardRow,
): Record<string, unknown> {
  const { objective } = view
  const name = candidateName(job.name, row.trial)
  const isDone = row.state === 'COMPLETE'
  const time = timeOf(job, row)
  return {
    CandidateName: name,
    ...(isDone &&
      objective &&
      row.score !== null && {
        FinalAutoMLJobObjectiveMetric: objectiveMetric(objective.name, objective.direction, row.score),
      }),
    ObjectiveStatus: isDone ? 'Succeeded' : 'Failed',
    CandidateSteps: [
      {
        CandidateStepType: 'AWS::SageMaker::TrainingJob',
        CandidateStepArn: arn('training-job', name),
        CandidateStepName: name,
      },
    ],
    CandidateStatus: statusOf(row),
    ...(isDone && { InferenceContainers: [containerOf(job, view, name)] }),
    CreationTime: time,
    EndTime: time,
    LastModifiedTime: time,
    ...(row.reason !== undefined && { FailureReason: row.reason.slice(0, 1024) }),
    ...(isDone && { CandidateProperties: { CandidateMetrics: metricData(row.metrics) } }),
  }
}

export const statusOf = ({ state }: LeaderboardRow): string =>
  state === 'COMPLETE' ? 'Completed' : state === 'STOPPED' ? 'Stopped' : 'Failed'

/** Trials in the order they were asked for; the clock is not part of a leaderboard. */
export const timeOf = ({ created, ended, modified }: JobRecord, { trial }: LeaderboardRow): number =>
  Math.min(created + (trial + 1) / 1000, ended ?? Math.max(modified, created + 1))

const objectiveMetric = (name: string, direction: string, value: number) => ({
  Type: direction === 'maximize' ? 'Maximize' : 'Minimize',
  MetricName: name,
  Value: value,
  StandardMetricName: name,
})

const metricData = (metrics: LeaderboardRow['metrics']) =>
  (Object.entries(metrics) as [MetricName, number | undefined][]).flatMap(([name, value]) => {
    if (value === undefined || (!METRICS.includes(name) && name !== 'LogLoss')) return []
    return [
      {
        ...(METRICS.includes(name) && { MetricName: name }),
        Value: value,
        Set: 'Validation',
        StandardMetricName: name,
      },
    ]
  })

/** One container stands for the whole pipeline, with the variables that choose the keys of its answer. */
function containerOf(job: JobRecord, { task }: ExperimentView, candidate: string) {
  const keys = task === 'regression' ? 'predicted_label' : 'predicted_label,probability,probabilities,labels'
  return {
    Image: IMAGE,
    ModelDataUrl: modelUri(job, candidate),
    Environment: {
      SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/csv',
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label',
      SAGEMAKER_INFERENCE_SUPPORTED: keys,
    },
  }
}

export function trainingJob(job: JobRecord, row: LeaderboardRow): Record<string, unknown> {
  const name = candidateName(job.name, row.trial)
  const time = timeOf(job, row)
  const status = statusOf(row)
  return {
    TrainingJobName: name,
    TrainingJobArn: arn('training-job', name),
    TuningJobArn: arn('hyper-parameter-tuning-job', tuningName(job.name)),
    AutoMLJobArn: arn('automl-job', job.name),
    ModelArtifacts: { S3ModelArtifacts: modelUri(job, name) },
    TrainingJobStatus: status,
    SecondaryStatus: status,
    ...(row.reason !== undefined && { FailureReason: row.reason.slice(0, 1024) }),
    HyperParameters: {
      ...textsOf(row.params),
      algorithm: autopilotName(row.algorithm),
      pipeline: row.candidate,
    },
    AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
    RoleArn: job.request.RoleArn,
    OutputDataConfig: { S3OutputPath: job.request.OutputDataConfig.S3OutputPath },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    CreationTime: time,
    TrainingStartTime: time,
    TrainingEndTime: time,
    LastModifiedTime: time,
    TrainingTimeInSeconds: Math.max(1, Math.round(row.fitSeconds ?? 0)),
    FinalMetricDataList: Object.entries(row.metrics).map(([name, value]) => ({
      MetricName: name,
      Value: value,
      Timestamp: time,
    })),
  }
}

export function trainingSummary(
  job: JobRecord,
  view: ExperimentView,
  row: LeaderboardRow,
): Record<string, unknown> {
  const name = candidateName(job.name, row.trial)
  const time = timeOf(job, row)
  const { objective } = view
  return {
    TrainingJobName: name,
    TrainingJobArn: arn('training-job', name),
    TrainingJobDefinitionName: row.candidate,
    TuningJobName: tuningName(job.name),
    CreationTime: time,
    TrainingStartTime: time,
    TrainingEndTime: time,
    TrainingJobStatus: statusOf(row),
    TunedHyperParameters: textsOf(row.params),
    ...(row.reason !== undefined && { FailureReason: row.reason.slice(0, 1024) }),
    ...(objective &&
      row.score !== null && {
        FinalHyperParameterTuningJobObjectiveMetric: {
          Type: objective.direction === 'maximize' ? 'Maximize' : 'Minimize',
          MetricName: objective.name,
          Value: row.score,
        },
      }),
    ObjectiveStatus: row.score === null ? 'Failed' : 'Succeeded',
  }
}

const textsOf = (params: LeaderboardRow['params']): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))

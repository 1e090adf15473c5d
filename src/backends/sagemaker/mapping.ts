import { algorithms } from '../../algorithms/index.ts'
import type { Task } from '../../data/dataset.ts'
import type { Prepared } from '../../experiment/prepare.ts'
import type { ExperimentSpec, MetricValues, Trial } from '../../experiment/types.ts'
import { metrics, type MetricName } from '../../metrics/index.ts'
import type { Params } from '../../params/space.ts'
import { sha256 } from '../../util/files.ts'
import type { CloudSettings } from './settings.ts'

/** The words of the service, and what they are here. They stay in this file. */
const PROBLEM_TYPES: Readonly<Record<Task, string>> = {
  binary: 'BinaryClassification',
  multiclass: 'MulticlassClassification',
  regression: 'Regression',
}
const MODES = { auto: 'AUTO', ensemble: 'ENSEMBLING', hpo: 'HYPERPARAMETER_TUNING' } as const

export const OBJECTIVES: Readonly<Record<Task, readonly string[]>> = {
  regression: ['MAE', 'MSE', 'R2', 'RMSE'],
  binary: ['Accuracy', 'AUC', 'BalancedAccuracy', 'F1', 'Precision', 'Recall'],
  multiclass: ['Accuracy', 'BalancedAccuracy', 'F1macro', 'PrecisionMacro', 'RecallMacro'],
}

/** What the name of a job may have: 32 characters. The hash tells experiments of one name apart, and one from itself never. */
export function jobName(spec: ExperimentSpec, dataSha256: string): string {
  // What is about this machine may be another when an experiment goes on.
  const { workers: _, trialMemory: __, ...asked } = spec
  const hash = sha256(JSON.stringify([asked, dataSha256])).slice(0, 8)
  return `${spec.name.slice(0, 23).replace(/(?<!-)-+$/, '')}-${hash}`
}

export interface Uploads {
  readonly table: string
  readonly features?: string
  readonly output: string
}

export const uploadsOf = ({ storage }: CloudSettings, job: string, spec: ExperimentSpec): Uploads => ({
  table: `${storage}/${job}/input/train.csv`,
  ...(spec.features && { features: `${storage}/${job}/input/features.json` }),
  output: `${storage}/${job}/output`,
})

interface Made {
  readonly job: string
  readonly settings: CloudSettings
  readonly uploads: Uploads
}
type Found = Pick<Prepared, 'target' | 'objective'>

/** What both versions of a request say in the same words. Problem type and objective are said both, as they must be. */
const common = ({ objective }: Found, { job, settings, uploads }: Made) => ({
  AutoMLJobName: job,
  OutputDataConfig: { S3OutputPath: uploads.output },
  AutoMLJobObjective: { MetricName: objective.name },
  RoleArn: settings.role,
  Tags: [{ Key: 'created-by', Value: 'glasspilot' }],
})

const channel = ({ table }: Uploads) => ({
  ChannelType: 'training',
  ContentType: 'text/csv;header=present',
  CompressionType: 'None',
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: table } },
})

const completion = ({ maxCandidates, budgetSeconds, trialSeconds }: ExperimentSpec) => ({
  MaxCandidates: maxCandidates,
  ...(trialSeconds !== undefined && { MaxRuntimePerTrainingJobInSeconds: Math.ceil(trialSeconds) }),
  ...(budgetSeconds !== undefined && { MaxAutoMLJobRuntimeInSeconds: Math.ceil(budgetSeconds) }),
})

const weights = ({ weight }: ExperimentSpec) =>
  weight === undefined ? {} : { SampleWeightAttributeName: weight }

const split = ({ validationFraction }: ExperimentSpec) =>
  validationFraction === undefined ? {} : { DataSplitConfig: { ValidationFraction: validationFraction } }

const specification = ({ features }: Uploads) =>
  features === undefined ? {} : { FeatureSpecificationS3Uri: features }

/** The request for the job of an experiment. */
export const createRequest = (spec: ExperimentSpec, found: Found, made: Made): object => ({
  ...common(found, made),
  AutoMLJobInputDataConfig: [channel(made.uploads)],
  AutoMLProblemTypeConfig: {
    TabularJobConfig: {
      TargetAttributeName: spec.target,
      ProblemType: PROBLEM_TYPES[found.target.task],
      Mode: MODES[spec.mode],
      CompletionCriteria: completion(spec),
      GenerateCandidateDefinitionsOnly: spec.definitionsOnly,
      ...specification(made.uploads),
      ...weights(spec),
    },
  },
  ...split(spec),
})

/** The same in the first version of the operation. */
export const createRequestV1 = (spec: ExperimentSpec, found: Found, made: Made): object => ({
  ...common(found, made),
  InputDataConfig: [{ ...channel(made.uploads), TargetAttributeName: spec.target, ...weights(spec) }],
  ProblemType: PROBLEM_TYPES[found.target.task],
  AutoMLJobConfig: {
    Mode: MODES[spec.mode],
    CompletionCriteria: completion(spec),
    ...split(spec),
    ...(made.uploads.features !== undefined && { CandidateGenerationConfig: specification(made.uploads) }),
  },
  GenerateCandidateDefinitionsOnly: spec.definitionsOnly,
})

/** Our choice of features as the service reads it. */
export const featureSpecification = ({ features }: ExperimentSpec): string =>
  JSON.stringify({
    ...(features?.names && { FeatureAttributeNames: features.names }),
    ...(features && features.kinds.length > 0 && { FeatureDataTypes: Object.fromEntries(features.kinds) }),
  })

export interface CloudContainer {
  readonly Image: string
  readonly ModelDataUrl: string
  readonly Environment?: Readonly<Record<string, string>>
}

export interface CloudCandidate {
  readonly CandidateName: string
  readonly CandidateStatus: string
  readonly FailureReason?: string
  readonly CandidateSteps: readonly {
    readonly CandidateStepType: string
    readonly CandidateStepName: string
  }[]
  readonly InferenceContainers?: readonly CloudContainer[]
  readonly FinalAutoMLJobObjectiveMetric?: {
    readonly MetricName: string
    readonly StandardMetricName?: string
    readonly Value: number
  }
  readonly CandidateProperties?: {
    readonly CandidateMetrics?: readonly {
      readonly MetricName?: string
      readonly StandardMetricName?: string
      readonly Value?: number
      readonly Set?: string
    }[]
  }
}

export const isEnded = ({ CandidateStatus }: CloudCandidate): boolean =>
  ['Completed', 'Failed', 'Stopped'].includes(CandidateStatus)

/** A candidate as a trial. Metrics keep full precision; those that are not known here are left out. */
export function trialOf(
  candidate: CloudCandidate,
  objective: MetricName,
  id: number,
  training: { readonly algorithm: string; readonly params: Params },
): Trial {
  const { CandidateName, CandidateStatus, FailureReason, FinalAutoMLJobObjectiveMetric: final } = candidate
  const values: Partial<Record<MetricName, number>> = {}
  for (const { MetricName: name, StandardMetricName: standard, Value, Set: part } of candidate
    .CandidateProperties?.CandidateMetrics ?? []) {
    const known = [standard, name].find(item => item !== undefined && Object.hasOwn(metrics, item))
    if (known !== undefined && Value !== undefined && (part ?? 'Validation') === 'Validation')
      values[known as MetricName] = Value
  }
  if (final) values[objective] ??= final.Value
  const isComplete = CandidateStatus === 'Completed' && values[objective] !== undefined
  return {
    id,
    candidate: CandidateName,
    ...training,
    seed: 0,
    state: isComplete ? 'COMPLETE' : CandidateStatus === 'Stopped' ? 'STOPPED' : 'FAILED',
    ...(isComplete
      ? { metrics: values as MetricValues }
      : { reason: FailureReason ?? `the service says ${CandidateStatus}, without a score` }),
  }
}

/** Hyper-parameters and learner of a training job; the learner by its image where the job does not say it. */
export function trainingOf(described: Record<string, unknown> | undefined): {
  algorithm: string
  params: Params
} {
  const given = (described?.['HyperParameters'] ?? {}) as Record<string, string>
  const image = String(
    (described?.['AlgorithmSpecification'] as { TrainingImage?: string } | undefined)?.TrainingImage ?? '',
  )
  const names = algorithms.flatMap(({ autopilotName }) => autopilotName ?? [])
  const { algorithm = names.find(name => image.includes(name)) ?? 'autopilot', ...params } = given
  return { algorithm, params }
}

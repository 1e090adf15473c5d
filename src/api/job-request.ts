import { validation } from './aws-error.ts'
import type { CreateV1, CreateV2, JobRecord, JobRequest } from './types.ts'

/** The two versions of a request as one. */
export function jobRequest({ version, request }: Pick<JobRecord, 'version' | 'request'>): JobRequest {
  return version === 1 ? fromV1(request as CreateV1) : fromV2(request as CreateV2)
}

function fromV1(request: CreateV1): JobRequest {
  const { InputDataConfig: channels, AutoMLJobConfig: config = {} } = request
  const [training] = channels
  const generation = config.CandidateGenerationConfig
  return {
    channels,
    target: training!.TargetAttributeName!,
    ...optional('weight', training!.SampleWeightAttributeName),
    ...optional('problemType', request.ProblemType),
    ...optional('objective', request.AutoMLJobObjective?.MetricName),
    ...optional('mode', config.Mode),
    limits: config.CompletionCriteria ?? {},
    algorithms: generation?.AlgorithmsConfig?.[0]?.AutoMLAlgorithms ?? [],
    ...optional('features', generation?.FeatureSpecificationS3Uri),
    ...split(config.DataSplitConfig),
    definitionsOnly: request.GenerateCandidateDefinitionsOnly === true,
  }
}

function fromV2(request: CreateV2): JobRequest {
  const tabular = request.AutoMLProblemTypeConfig.TabularJobConfig!
  return {
    channels: request.AutoMLJobInputDataConfig,
    target: tabular.TargetAttributeName,
    ...optional('weight', tabular.SampleWeightAttributeName),
    ...optional('problemType', tabular.ProblemType),
    ...optional('objective', request.AutoMLJobObjective?.MetricName),
    ...optional('mode', tabular.Mode),
    limits: tabular.CompletionCriteria ?? {},
    algorithms: tabular.CandidateGenerationConfig?.AlgorithmsConfig?.[0]?.AutoMLAlgorithms ?? [],
    ...optional('features', tabular.FeatureSpecificationS3Uri),
    ...split(request.DataSplitConfig),
    definitionsOnly: tabular.GenerateCandidateDefinitionsOnly === true,
  }
}

const split = ({ ValidationFraction: share }: NonNullable<CreateV2['DataSplitConfig']> = {}) =>
  share === undefined ? {} : { validationFraction: share }

const optional = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: string })

const OBJECTIVES: Readonly<Record<string, readonly string[]>> = {
  Regression: ['MAE', 'MSE', 'R2', 'RMSE'],
  BinaryClassification: ['Accuracy', 'AUC', 'BalancedAccuracy', 'F1', 'Precision', 'Recall'],
  MulticlassClassification: ['Accuracy', 'BalancedAccuracy', 'F1macro', 'PrecisionMacro', 'RecallMacro'],
}

/** What no shape says: members that go together. */
export function checkJob(record: Pick<JobRecord, 'version' | 'request'>): JobRequest {
  const { request, version } = record
  if (version === 2) {
    const kinds = Object.keys((request as CreateV2).AutoMLProblemTypeConfig)
    if (kinds.length !== 1 || kinds[0] !== 'TabularJobConfig') {
      throw validation(
        `AutoMLProblemTypeConfig has ${kinds.join(', ') || 'nothing'}: TabularJobConfig is what can be run here, and exactly one must be set`,
      )
    }
  }
  const job = jobRequest(record)
  const training = job.channels.filter(({ ChannelType = 'training' }) => ChannelType === 'training')
  if (training.length !== 1 || !training[0]!.DataSource) {
    throw validation(
      'InputDataConfig must have exactly one training channel with a DataSource, and at most one of validation',
    )
  }
  if (
    job.channels.some(({ DataSource }) => DataSource && DataSource.S3DataSource.S3DataType !== 'S3Prefix')
  ) {
    throw validation('S3DataType must be S3Prefix: manifests are not read here')
  }
  const { validationFraction: share } = job
  if (share !== undefined && !(share > 0 && share < 1)) {
    throw validation(`ValidationFraction is ${share}: it must be greater than 0 and less than 1`)
  }
  if (share !== undefined && job.channels.length > training.length) {
    throw validation('ValidationFraction must not be set when there is a validation channel')
  }
  if (job.algorithms.length > 0 && job.mode === 'AUTO') {
    throw validation('AlgorithmsConfig must not be set when Mode is AUTO')
  }
  const { problemType, objective } = job
  if (problemType !== undefined && (objective !== undefined) !== true) {
    throw validation('AutoMLJobObjective must be provided when ProblemType is')
  }
  if (objective !== undefined && problemType === undefined && version === 2) {
    throw validation('ProblemType must be provided when AutoMLJobObjective is')
  }
  const allowed = problemType === undefined ? Object.values(OBJECTIVES).flat() : OBJECTIVES[problemType]!
  if (objective !== undefined && !allowed.includes(objective)) {
    throw validation(
      `objective ${objective} is not one of ${problemType ?? 'tables'}: expected ${allowed.join(', ')}`,
    )
  }
  const { ModelDeployConfig: deploy } = request
  if (deploy?.AutoGenerateEndpointName && deploy.EndpointName !== undefined) {
    throw validation('EndpointName must not be set when AutoGenerateEndpointName is true')
  }
  return job
}

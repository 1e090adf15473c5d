import { extname } from 'node:path'
import type { TrialJob } from '../../experiment/executor.ts'
import type { TrainingSettings } from './settings.ts'

/** Names of the channels: what all trials read, and what one of them is. */
export const CHANNELS = { experiment: 'experiment', trial: 'trial' } as const
/** What a channel `trial` holds, and what the archive of a model is opened for. */
export const TRIAL_FILE = 'trial.json'
export const RESULT_FILE = 'result.json'
/** The module that scores, where the objective is a custom one; beside the trial. */
export const moduleName = (path: string): string => `objective${extname(path).toLowerCase()}`

/** What an instance is told of its trial. */
export interface TrialOrder {
  readonly job: TrialJob
  /** After which it should end by itself, with what it has; absent where there is no limit. */
  readonly seconds?: number
}

/** Where things of one run lie. All of it is under one prefix, which is deleted as a whole. */
export const placesOf = (prefix: string) => ({
  data: `${prefix}/data/`,
  trial: (name: string) => `${prefix}/trials/${name}/`,
  output: `${prefix}/output`,
})

const GIGABYTE = 1e9
const SMALLEST_VOLUME_GB = 10
/** Data, what is made of them, and models. */
const COPIES = 6
const MAX_RUNTIME_SECONDS = 432_000 // of a training job, unless an account is allowed more
/** Data are fetched, the model is packed and sent. */
const AROUND_SECONDS = 600

export interface AskedJob {
  readonly name: string
  readonly order: TrialOrder
  /** It is killed after so many. */
  readonly hardSeconds: number
  readonly dataBytes: number
}

/** The request for the training job of one trial. */
export function trainingRequest(
  settings: TrainingSettings,
  prefix: string,
  { name, order, hardSeconds, dataBytes }: AskedJob,
): object {
  const { image, instanceType, keepAliveSeconds, role } = settings
  const places = placesOf(prefix)
  const { request, candidate, objective } = order.job
  const metric = `validation:${objective.name}`
  return {
    TrainingJobName: name,
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: metric, Regex: `${metric}=(.*?);` }],
    },
    HyperParameters: {
      trial: String(request.id),
      candidate: candidate.name.slice(0, 2500),
      algorithm: candidate.algorithm,
    },
    RoleArn: role,
    InputDataConfig: [channel(CHANNELS.experiment, places.data), channel(CHANNELS.trial, places.trial(name))],
    OutputDataConfig: { S3OutputPath: places.output },
    ResourceConfig: {
      InstanceType: instanceType,
      InstanceCount: 1,
      VolumeSizeInGB: Math.max(SMALLEST_VOLUME_GB, Math.ceil((COPIES * dataBytes) / GIGABYTE)),
      ...(keepAliveSeconds > 0 && { KeepAlivePeriodInSeconds: Math.ceil(keepAliveSeconds) }),
    },
    StoppingCondition: {
      MaxRuntimeInSeconds: Math.min(MAX_RUNTIME_SECONDS, Math.ceil(hardSeconds) + AROUND_SECONDS),
    },
    Tags: [{ Key: 'created-by', Value: 'glasspilot' }],
  }
}

const channel = (ChannelName: string, S3Uri: string) => ({
  ChannelName,
  DataSource: {
    S3DataSource: { S3DataType: 'S3Prefix', S3Uri, S3DataDistributionType: 'FullyReplicated' },
  },
  CompressionType: 'None',
  InputMode: 'File',
})

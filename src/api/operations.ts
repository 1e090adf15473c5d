import { notFound, validation } from './aws-error.ts'
import { candidateName, candidateOf, trainingSummary, tuningName } from './candidates.ts'
import type { Deployments } from './deploy.ts'
import { describeJob, describeJobV2, jobSummary, secondaryOf } from './describe.ts'
import type { Jobs } from './jobs.ts'
import { listPage, pageOf, type Listing } from './pages.ts'
import { arn, type Records } from './records.ts'
import type { Tags } from './tags.ts'
import { trainingOperations } from './training-operations.ts'
import type { TrainingJobs } from './training.ts'
import type { Transforms } from './transform.ts'
import type {
  ConfigRecord,
  CreateV1,
  CreateV2,
  EndpointRecord,
  JobRecord,
  ModelRecord,
  TransformRecord,
} from './types.ts'

/** Everything the operations work on. */
export interface Plane {
  readonly jobs: Jobs
  readonly deployments: Deployments
  readonly training: TrainingJobs
  readonly transforms: Transforms
  readonly tags: Tags
  readonly models: Records<ModelRecord>
  readonly configs: Records<ConfigRecord>
  readonly endpoints: Records<EndpointRecord>
}

type Operation = (plane: Plane, request: never) => object | undefined

const by = <T>(item: T | undefined, what: string, name: string): T => {
  if (item !== undefined) return item
  throw validation(`Could not find ${what} "${name}".`)
}

/** Makes a resource and keeps its tags with it. */
function made(plane: Plane, type: string, name: string, tags: ModelRecord['request']['Tags']): string {
  const resource = arn(type, name)
  plane.tags.add(resource, tags ?? [])
  return resource
}

/** One entry per operation, by its name on the wire; shapes are checked before. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateAutoMLJob: (plane, request: CreateV1) => {
    const { name } = plane.jobs.create(1, request)
    return { AutoMLJobArn: made(plane, 'automl-job', name, request.Tags) }
  },
  CreateAutoMLJobV2: (plane, request: CreateV2) => {
    const { name } = plane.jobs.create(2, request)
    return { AutoMLJobArn: made(plane, 'automl-job', name, request.Tags) }
  },
  DescribeAutoMLJob: ({ jobs }, { AutoMLJobName }: CreateV1) => {
    const job = jobs.get(AutoMLJobName)
    if (job.version === 2)
      throw validation(
        `AutoML job ${AutoMLJobName} was created with CreateAutoMLJobV2: use DescribeAutoMLJobV2`,
      )
    return describeJob(job, jobs.view(job.name))
  },
  DescribeAutoMLJobV2: ({ jobs }, { AutoMLJobName }: CreateV1) => {
    const job = jobs.get(AutoMLJobName)
    return describeJobV2(job, jobs.view(job.name))
  },
  StopAutoMLJob: ({ jobs }, { AutoMLJobName }: CreateV1) => {
    jobs.stop(AutoMLJobName)
    return undefined
  },
  ListAutoMLJobs: ({ jobs }, request: Listing) => {
    const { page, ...more } = listPage(jobs.all(), request, 'Name')
    return {
      AutoMLJobSummaries: page.map(job => jobSummary(job, secondaryOf(job, jobs.view(job.name)))),
      ...more,
    }
  },
  ListCandidatesForAutoMLJob: (
    { jobs },
    request: Listing & { AutoMLJobName: string; CandidateNameEquals?: string },
  ) => {
    const job = jobs.get(request.AutoMLJobName)
    const view = jobs.view(job.name)
    const all = view.rows
      .map((row, rank) => ({ candidate: candidateOf(job, view, row), rank, trial: row.trial }))
      .filter(
        ({ candidate }) =>
          (request.StatusEquals === undefined || candidate['CandidateStatus'] === request.StatusEquals) &&
          (request.CandidateNameEquals === undefined ||
            candidate['CandidateName'] === request.CandidateNameEquals),
      )
    // The leaderboard is best first, which is what the service gives under this name; else newest first.
    const isBoard = request.SortBy === 'FinalObjectiveMetricValue'
    const sorted = isBoard ? all : all.toSorted((a, b) => b.trial - a.trial)
    if (request.SortOrder === 'Ascending') sorted.reverse()
    const { page, ...more } = pageOf(
      sorted,
      ({ candidate }) => String(candidate['CandidateName']),
      request,
      10,
    )
    return { Candidates: page.map(({ candidate }) => candidate), ...more }
  },

  CreateModel: (plane, request: ModelRecord['request']) => {
    const { name } = plane.deployments.createModel(request)
    return { ModelArn: made(plane, 'model', name, request.Tags) }
  },
  DescribeModel: ({ models }, { ModelName }: { ModelName: string }) => {
    const { name, created, request } = by(models.get(ModelName), 'model', ModelName)
    const { Tags: _, ...kept } = request
    return {
      ...kept,
      ModelName: name,
      ModelArn: arn('model', name),
      CreationTime: created,
      EnableNetworkIsolation: false,
    }
  },
  DeleteModel: ({ deployments, tags }, { ModelName }: { ModelName: string }) => {
    deployments.deleteModel(ModelName)
    tags.forget(arn('model', ModelName))
    return undefined
  },
  ListModels: ({ models }, request: Listing) => {
    const { page, ...more } = listPage(models.all(), request, 'CreationTime')
    return {
      Models: page.map(({ name, created }) => ({
        ModelName: name,
        ModelArn: arn('model', name),
        CreationTime: created,
      })),
      ...more,
    }
  },

  CreateEndpointConfig: (plane, request: ConfigRecord['request']) => {
    const { name } = plane.deployments.createConfig(request)
    return { EndpointConfigArn: made(plane, 'endpoint-config', name, request.Tags) }
  },
  DescribeEndpointConfig: ({ configs }, { EndpointConfigName: asked }: { EndpointConfigName: string }) => {
    const { name, created, request } = by(configs.get(asked), 'endpoint configuration', asked)
    const { Tags: _, ...kept } = request
    return {
      ...kept,
      EndpointConfigName: name,
      EndpointConfigArn: arn('endpoint-config', name),
      CreationTime: created,
    }
  },
  DeleteEndpointConfig: (
    { deployments, tags },
    { EndpointConfigName: name }: { EndpointConfigName: string },
  ) => {
    deployments.deleteConfig(name)
    tags.forget(arn('endpoint-config', name))
    return undefined
  },
  ListEndpointConfigs: ({ configs }, request: Listing) => {
    const { page, ...more } = listPage(configs.all(), request, 'CreationTime')
    return {
      EndpointConfigs: page.map(({ name, created }) => ({
        EndpointConfigName: name,
        EndpointConfigArn: arn('endpoint-config', name),
        CreationTime: created,
      })),
      ...more,
    }
  },

  CreateEndpoint: (
    plane,
    request: { EndpointName: string; EndpointConfigName: string; Tags?: ModelRecord['request']['Tags'] },
  ) => {
    const { name } = plane.deployments.createEndpoint(request.EndpointName, request.EndpointConfigName)
    return { EndpointArn: made(plane, 'endpoint', name, request.Tags) }
  },
  UpdateEndpoint: ({ deployments }, request: { EndpointName: string; EndpointConfigName: string }) => {
    const { name } = deployments.updateEndpoint(request.EndpointName, request.EndpointConfigName)
    return { EndpointArn: arn('endpoint', name) }
  },
  DescribeEndpoint: ({ endpoints, configs }, { EndpointName }: { EndpointName: string }) => {
    const endpoint = by(endpoints.get(EndpointName), 'endpoint', EndpointName)
    const variants = configs.get(endpoint.config)?.request.ProductionVariants ?? []
    return {
      EndpointName: endpoint.name,
      EndpointArn: arn('endpoint', endpoint.name),
      EndpointConfigName: endpoint.config,
      EndpointStatus: endpoint.status,
      CreationTime: endpoint.created,
      LastModifiedTime: endpoint.modified,
      ...(endpoint.failure !== undefined && { FailureReason: endpoint.failure }),
      ...(endpoint.status === 'InService' && {
        ProductionVariants: variants.map(
          ({ VariantName, InitialVariantWeight = 1, InitialInstanceCount = 1 }) => ({
            VariantName,
            CurrentWeight: InitialVariantWeight,
            DesiredWeight: InitialVariantWeight,
            CurrentInstanceCount: InitialInstanceCount,
            DesiredInstanceCount: InitialInstanceCount,
          }),
        ),
      }),
    }
  },
  DeleteEndpoint: ({ deployments, tags }, { EndpointName }: { EndpointName: string }) => {
    deployments.deleteEndpoint(EndpointName)
    tags.forget(arn('endpoint', EndpointName))
    return undefined
  },
  ListEndpoints: ({ endpoints }, request: Listing) => {
    const { page, ...more } = listPage(endpoints.all(), request, 'CreationTime')
    return {
      Endpoints: page.map(({ name, created, modified, status }) => ({
        EndpointName: name,
        EndpointArn: arn('endpoint', name),
        CreationTime: created,
        LastModifiedTime: modified,
        EndpointStatus: status,
      })),
      ...more,
    }
  },

  CreateTransformJob: (plane, request: TransformRecord['request']) => {
    const { name } = plane.transforms.create(request)
    return { TransformJobArn: made(plane, 'transform-job', name, request.Tags) }
  },
  DescribeTransformJob: ({ transforms }, { TransformJobName }: { TransformJobName: string }) => {
    const { name, request, status, created, started, ended, failure } = transforms.get(TransformJobName)
    const { Tags: _, ...kept } = request
    return {
      ...kept,
      TransformJobName: name,
      TransformJobArn: arn('transform-job', name),
      TransformJobStatus: status,
      CreationTime: created,
      ...(started !== undefined && { TransformStartTime: started }),
      ...(ended !== undefined && { TransformEndTime: ended }),
      ...(failure !== undefined && { FailureReason: failure }),
    }
  },
  StopTransformJob: ({ transforms }, { TransformJobName }: { TransformJobName: string }) => {
    transforms.stop(TransformJobName)
    return undefined
  },
  ListTransformJobs: ({ transforms }, request: Listing) => {
    const { page, ...more } = listPage(transforms.all(), request, 'CreationTime')
    return {
      TransformJobSummaries: page.map(({ name, created, ended, status, failure }) => ({
        TransformJobName: name,
        TransformJobArn: arn('transform-job', name),
        CreationTime: created,
        TransformJobStatus: status,
        ...(ended !== undefined && { TransformEndTime: ended, LastModifiedTime: ended }),
        ...(failure !== undefined && { FailureReason: failure }),
      })),
      ...more,
    }
  },

  AddTags: (
    { tags },
    request: { ResourceArn: string; Tags: NonNullable<ModelRecord['request']['Tags']> },
  ) => ({
    Tags: tags.add(request.ResourceArn, request.Tags),
  }),
  ListTags: ({ tags }, { ResourceArn }: { ResourceArn: string }) => ({ Tags: tags.list(ResourceArn) }),
  DeleteTags: ({ tags }, request: { ResourceArn: string; TagKeys: readonly string[] }) => {
    tags.remove(request.ResourceArn, request.TagKeys)
    return {}
  },

  ...trainingOperations,
  DescribeHyperParameterTuningJob: (
    { jobs },
    { HyperParameterTuningJobName: asked }: { HyperParameterTuningJobName: string },
  ) => {
    const job = tuned(jobs, asked)
    const view = jobs.view(job.name)
    const done = view.rows.filter(({ state }) => state === 'COMPLETE').length
    const failed = view.rows.length - done
    const { objective } = view
    const best = view.rows.find(({ score }) => score !== null)
    return {
      HyperParameterTuningJobName: asked,
      HyperParameterTuningJobArn: arn('hyper-parameter-tuning-job', asked),
      HyperParameterTuningJobConfig: {
        Strategy: 'Bayesian',
        ...(objective && {
          HyperParameterTuningJobObjective: {
            Type: objective.direction === 'maximize' ? 'Maximize' : 'Minimize',
            MetricName: objective.name,
          },
        }),
        ResourceLimits: { MaxParallelTrainingJobs: 1 },
      },
      HyperParameterTuningJobStatus: job.status,
      CreationTime: job.created,
      LastModifiedTime: job.modified,
      ...(job.ended !== undefined && { HyperParameterTuningEndTime: job.ended }),
      TrainingJobStatusCounters: {
        Completed: done,
        InProgress: 0,
        RetryableError: 0,
        NonRetryableError: failed,
        Stopped: 0,
      },
      ObjectiveStatusCounters: { Succeeded: done, Pending: 0, Failed: failed },
      ...(best && { BestTrainingJob: trainingSummary(job, view, best) }),
    }
  },
  ListTrainingJobsForHyperParameterTuningJob: (
    { jobs },
    request: Listing & { HyperParameterTuningJobName: string },
  ) => {
    const job = tuned(jobs, request.HyperParameterTuningJobName)
    const view = jobs.view(job.name)
    const isBoard = request.SortBy === 'FinalObjectiveMetricValue'
    const rows = isBoard ? [...view.rows] : view.rows.toSorted((a, b) => a.trial - b.trial)
    if (isBoard === (request.SortOrder === 'Ascending') && request.SortOrder !== undefined) rows.reverse()
    const { page, ...more } = pageOf(rows, ({ trial }) => candidateName(job.name, trial), request, 10)
    return { TrainingJobSummaries: page.map(row => trainingSummary(job, view, row)), ...more }
  },
}

function tuned(jobs: Jobs, name: string): JobRecord {
  const job = jobs.all().find(job => tuningName(job.name) === name)
  if (job) return job
  throw notFound(`Could not find hyper parameter tuning job "${name}".`)
}

import { notFound } from './aws-error.ts'
import { candidateName, trainingJob } from './candidates.ts'
import type { Plane } from './operations.ts'
import { listPage, type Listing } from './pages.ts'
import { arn } from './records.ts'
import type { TrainingRecord } from './types.ts'

const missing = () => notFound('Requested resource not found.')

/** Training jobs that were asked for, and those that trials of AutoML jobs stand for. */
export const trainingOperations = {
  CreateTrainingJob: ({ training, tags }: Plane, request: TrainingRecord['request']) => {
    const { name } = training.create(request)
    const resource = arn('training-job', name)
    tags.add(resource, request.Tags ?? [])
    return { TrainingJobArn: resource }
  },
  DescribeTrainingJob: (
    { training, jobs }: Plane,
    { TrainingJobName: asked }: { TrainingJobName: string },
  ) => {
    const own = training.find(asked)
    if (own) return describe(own)
    for (const job of jobs.all()) {
      if (!asked.startsWith(job.name.slice(0, 32))) continue
      const row = jobs.view(job.name).rows.find(({ trial }) => candidateName(job.name, trial) === asked)
      if (row) return trainingJob(job, row)
    }
    throw missing()
  },
  StopTrainingJob: ({ training }: Plane, { TrainingJobName }: { TrainingJobName: string }) => {
    training.stop(TrainingJobName)
    return undefined
  },
  /** Instances are not kept here: there is nothing to give back. */
  UpdateTrainingJob: ({ training }: Plane, { TrainingJobName }: { TrainingJobName: string }) => {
    if (!training.find(TrainingJobName)) throw missing()
    return { TrainingJobArn: arn('training-job', TrainingJobName) }
  },
  ListTrainingJobs: ({ training }: Plane, request: Listing) => {
    const { page, ...more } = listPage(training.all(), request, 'CreationTime')
    return {
      TrainingJobSummaries: page.map(({ name, created, modified, ended, status, secondary }) => ({
        TrainingJobName: name,
        TrainingJobArn: arn('training-job', name),
        CreationTime: created,
        LastModifiedTime: modified,
        ...(ended !== undefined && { TrainingEndTime: ended }),
        TrainingJobStatus: status,
        SecondaryStatus: secondary,
      })),
      ...more,
    }
  },
}

function describe(record: TrainingRecord): object {
  const { name, request, status, secondary, created, modified, started, ended, failure } = record
  const { Tags: _, Environment: __, ...kept } = request
  const steps = record.steps ?? []
  const seconds = started === undefined ? undefined : Math.round((ended ?? modified) - started)
  return {
    ...kept,
    TrainingJobArn: arn('training-job', name),
    ModelArtifacts: { S3ModelArtifacts: record.artifacts ?? '' },
    TrainingJobStatus: status,
    SecondaryStatus: secondary,
    CreationTime: created,
    LastModifiedTime: modified,
    ...(started !== undefined && { TrainingStartTime: started }),
    ...(ended !== undefined && { TrainingEndTime: ended }),
    ...(seconds !== undefined && { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds }),
    ...(failure !== undefined && { FailureReason: failure }),
    SecondaryStatusTransitions: steps.map(({ status, at }, i) => ({
      Status: status,
      StartTime: at,
      ...(steps[i + 1] && { EndTime: steps[i + 1]!.at }),
    })),
    FinalMetricDataList: Object.entries(record.metrics ?? {}).map(([MetricName, Value]) => ({
      MetricName,
      Value,
      Timestamp: ended ?? modified,
    })),
  }
}

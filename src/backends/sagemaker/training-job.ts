import { CloudError, type Cloud } from './client.ts'

/** Of a training job, what is looked at. Times are epoch seconds. */
export interface JobNow {
  readonly TrainingJobStatus: string
  readonly SecondaryStatus: string
  readonly FailureReason?: string
  readonly ModelArtifacts?: { readonly S3ModelArtifacts?: string }
  readonly CreationTime?: number
  readonly TrainingStartTime?: number
  readonly WarmPoolStatus?: { readonly Status: string }
}

export const hasEnded = ({ TrainingJobStatus }: JobNow): boolean =>
  ['Completed', 'Failed', 'Stopped'].includes(TrainingJobStatus)

/** Its instance is kept, and paid for, until more work comes. */
export const waits = ({ WarmPoolStatus }: JobNow): boolean => WarmPoolStatus?.Status === 'Available'

/** Undefined when there is no such job: the service has no type of its own for that. */
export async function describeJob(cloud: Cloud, TrainingJobName: string): Promise<JobNow | undefined> {
  try {
    return (await cloud.call('DescribeTrainingJob', { TrainingJobName })) as unknown as JobNow
  } catch (error) {
    if (error instanceof CloudError && isMissing(error)) return undefined
    throw error
  }
}

const isMissing = ({ type, message }: CloudError): boolean =>
  type.startsWith('ResourceNotFound') ||
  (type.startsWith('Validation') && /could not find|not found/i.test(message))

/** Asks a job to end; nothing happens to one that has. */
export async function stopJob(cloud: Cloud, TrainingJobName: string): Promise<void> {
  await cloud.call('StopTrainingJob', { TrainingJobName }).catch((error: unknown) => {
    if (!(error instanceof CloudError) || !/^(Validation|ResourceNotFound)/.test(error.type)) throw error
  })
}

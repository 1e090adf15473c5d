import { join } from 'node:path'
import type { Prepared } from '../../experiment/prepare.ts'
import type { Store } from '../../experiment/store.ts'
import { costDrivers, refusals } from './checks.ts'
import { placeFrom } from './client.ts'
import { createRequest, featureSpecification, jobName, uploadsOf } from './mapping.ts'
import { PART_BYTES, partSize } from './multipart.ts'
import { cloudSettings } from './settings.ts'
import { writeUpload } from './upload.ts'

/** One call as it would be sent. */
export interface PlannedCall {
  readonly service: 's3' | 'sagemaker' | 'sagemaker-runtime'
  readonly operation: string
  readonly request: object
  /** When it is not sent once. */
  readonly repeated?: string
}

/** What a run on SageMaker would do, found without a word to it. */
export interface CloudPlan {
  readonly region: string
  readonly job: string
  readonly refusals: readonly string[]
  readonly costDrivers: readonly string[]
  readonly calls: readonly PlannedCall[]
}

/** Those that a file of so many bytes is put with. */
export function putCalls(uri: string, ContentLength: number, repeated?: string): PlannedCall[] {
  const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? []
  const s3 = (operation: string, request: object, times = repeated): PlannedCall => ({
    service: 's3',
    operation,
    request: { Bucket, ...request },
    ...(times !== undefined && { repeated: times }),
  })
  if (ContentLength <= PART_BYTES) return [s3('PutObject', { Key, ContentLength })]
  const upload = { Key, UploadId: 'the one of CreateMultipartUpload' }
  const size = partSize(ContentLength)
  return [
    s3('ListMultipartUploads', { Prefix: Key }),
    s3('CreateMultipartUpload', { Key }),
    s3('ListParts', upload, 'where an earlier client left one'),
    s3('UploadPart', { ...upload, PartNumber: 1, ContentLength: size }, `for each of ${Math.ceil(ContentLength / size)} parts`), // prettier-ignore
    s3('CompleteMultipartUpload', upload),
    s3('ListMultipartUploads', { Prefix: Key }),
  ]
}

export async function planOnSageMaker(
  { spec, paths, journal }: Store,
  prepared: Prepared,
): Promise<CloudPlan> {
  const settings = cloudSettings(spec.cloud ?? {})
  const bytes = await writeUpload(spec.data, join(paths.data, 'upload.csv'))
  const sha = journal.records.find(record => record.type === 'prepared')?.dataSha256 ?? ''
  const job = jobName(spec, sha)
  const uploads = uploadsOf(settings, job, spec)
  const name = { AutoMLJobName: job }
  const sagemaker = (operation: string, request: object, repeated?: string): PlannedCall => ({
    service: 'sagemaker',
    operation,
    request,
    ...(repeated !== undefined && { repeated }),
  })
  return {
    region: placeFrom(settings.region).region,
    job,
    refusals: refusals(spec, prepared, settings, bytes),
    costDrivers: costDrivers(spec, prepared.profile.rows, bytes),
    calls: [
      sagemaker('DescribeAutoMLJobV2', name),
      ...putCalls(uploads.table, bytes),
      ...(uploads.features === undefined
        ? []
        : putCalls(uploads.features, Buffer.byteLength(featureSpecification(spec)))),
      sagemaker('CreateAutoMLJobV2', createRequest(spec, prepared, { job, settings, uploads })),
      sagemaker('DescribeAutoMLJobV2', name, 'until it has ended, every 2 to 30 s'),
      sagemaker(
        'ListCandidatesForAutoMLJob',
        { ...name, SortBy: 'CreationTime', SortOrder: 'Ascending', MaxResults: 100 },
        'beside it',
      ),
      sagemaker(
        'DescribeTrainingJob',
        { TrainingJobName: `${job}-candidate` },
        'for each candidate that has ended',
      ),
    ],
  }
}

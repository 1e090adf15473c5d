import process from 'node:process'
import { InputError } from '../../util/errors.ts'

/** Where an experiment in the cloud runs and under which role. It stands in `experiment.json`; no secret does. */
export interface CloudSettings {
  /** ARN of the role that SageMaker takes. */
  readonly role: string
  /** `s3://bucket/prefix` for data and results. */
  readonly storage: string
  readonly region?: string
}

/** From what was typed, else from the variables. */
export function cloudSettings(
  given: {
    readonly role?: string | undefined
    readonly storage?: string | undefined
    readonly region?: string | undefined
  },
  env: Readonly<Record<string, string | undefined>> = process.env,
): CloudSettings {
  const role = given.role ?? env['GLASSPILOT_SAGEMAKER_ROLE']
  const storage = given.storage ?? env['GLASSPILOT_SAGEMAKER_S3']
  const region = given.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  if (role !== undefined && storage !== undefined) {
    return { role, storage: storage.replace(/\/+$/, ''), ...(region !== undefined && { region }) }
  }
  throw new InputError(
    'E_CLOUD_SETTINGS',
    `--backend sagemaker needs ${role === undefined ? '--role ARN (or GLASSPILOT_SAGEMAKER_ROLE)' : ''}${role === undefined && storage === undefined ? ' and ' : ''}${storage === undefined ? '--s3 s3://bucket/prefix (or GLASSPILOT_SAGEMAKER_S3)' : ''}: expected both; give what is missing`,
    { exit: 'usage' },
  )
}

import type { Prepared } from '../../experiment/prepare.ts'
import type { ExperimentSpec } from '../../experiment/types.ts'
import { InputError } from '../../util/errors.ts'
import { byteSize, count, duration } from '../../util/text.ts'
import { OBJECTIVES } from './mapping.ts'
import type { CloudSettings } from './settings.ts'

const MIN_ROWS = 500
const MAX_CANDIDATES = 750
/** Largest object of S3. */
const MAX_UPLOAD_BYTES = 5 * 2 ** 40

/** What the service would refuse, or could not do as asked; found before anything is sent. */
export function refusals(
  spec: ExperimentSpec,
  prepared: Pick<Prepared, 'target' | 'objective' | 'profile'>,
  settings: CloudSettings,
  uploadBytes: number,
): string[] {
  const { target, objective, profile } = prepared
  const allowed = OBJECTIVES[target.task]
  const checks: readonly Check[] = [
    [profile.rows < MIN_ROWS, `the table has ${count(profile.rows)} rows: at least ${MIN_ROWS} are expected`],
    [
      uploadBytes > MAX_UPLOAD_BYTES,
      `the table has ${byteSize(uploadBytes)}: at most ${byteSize(MAX_UPLOAD_BYTES)} can be sent`,
    ],
    [
      !allowed.includes(objective.name),
      `the objective is ${objective.name}: expected one of ${allowed.join(', ')}`,
    ],
    [
      spec.maxCandidates > MAX_CANDIDATES,
      `--max-candidates is ${spec.maxCandidates}: at most ${MAX_CANDIDATES} are allowed`,
    ],
    [spec.validation !== undefined, '--validation is given: the training table alone is sent'],
    [spec.group !== undefined, '--group is given: the service cannot keep groups of rows together'],
    [spec.time !== undefined, '--time is given: the service cannot validate on later rows'],
    ...placeChecks(settings),
    [
      !/^[\w .,:;()/+-]{1,256}$/.test(spec.target),
      `the target is named "${spec.target.slice(0, 40)}": expected at most 256 plain characters`,
    ],
  ]
  return failed(checks)
}

/** A condition that is refused, and how that is said. */
export type Check = readonly [isRefused: boolean, text: string]

export const failed = (checks: readonly Check[]): string[] =>
  checks.flatMap(([isRefused, text]) => (isRefused ? [text] : []))

/** What every use of the service needs. */
export const placeChecks = ({ role, storage }: CloudSettings): readonly Check[] => [
  [
    !/^arn:aws[a-z-]*:iam::\d{12}:role\/?[\w+=,.@\-/]+$/.test(role),
    `--role is "${role}": expected arn:aws:iam::ACCOUNT:role/NAME`,
  ],
  [
    !/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]+)?$/.test(storage),
    `--s3 is "${storage}": expected s3://bucket/prefix`,
  ],
]

export function refuse(found: readonly string[]): void {
  if (found.length === 0) return
  throw new InputError(
    'E_CLOUD_REFUSED',
    `SageMaker would refuse this: ${found.join('; ')}; change that, or leave --backend out to run here`,
    { exit: 'usage' },
  )
}

/** What will be used and paid for, in words: prices are not known here. */
export function costDrivers(spec: ExperimentSpec, rows: number, uploadBytes: number): string[] {
  const isTuned = spec.mode === 'hpo' || (spec.mode === 'auto' && uploadBytes > 100e6)
  return [
    `${byteSize(uploadBytes)} (${count(rows)} rows) go to S3, and results of some times as much come from it`,
    spec.definitionsOnly
      ? 'two processing jobs analyse the data; nothing is trained'
      : isTuned
        ? `up to ${spec.maxCandidates} training jobs of a tuning job, several at once, on instances that the service chooses (ml.m5 of 4xlarge and larger)`
        : 'an ensemble of up to ten trials on one instance that the service chooses (ml.m5.12xlarge in most accounts)',
    spec.budgetSeconds === undefined
      ? 'no --budget is set: the service stops after 30 days at the latest'
      : `it ends after ${duration(spec.budgetSeconds)}, start and end of instances aside`,
    'no endpoint is made, so nothing is paid for once the job has ended but its files',
  ]
}

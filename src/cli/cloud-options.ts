import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Option } from 'commander'
import { planOnSageMaker, type CloudPlan } from '../backends/sagemaker/calls.ts'
import { planTrainingJobs } from '../backends/sagemaker-training/calls.ts'
import { sagemakerTraining } from '../backends/sagemaker-training/index.ts'
import { cloudSettings } from '../backends/sagemaker/settings.ts'
import { prepareExperiment } from '../experiment/prepare.ts'
import type { ExperimentSpec } from '../experiment/types.ts'
import { startExperiment, type ExperimentRequest } from '../job/start.ts'
import { EXIT, InputError } from '../util/errors.ts'
import { option, parseDuration, type CommandInput } from './command.ts'
import type { Output } from './output.ts'

/** What a backend in the cloud has to be told. */
export const cloudOptions = (): readonly Option[] => [
  option('--role <arn>', 'for sagemaker: the role it takes (or GLASSPILOT_SAGEMAKER_ROLE)'),
  option('--s3 <uri>', 'for sagemaker: s3://bucket/prefix for data and results (or GLASSPILOT_SAGEMAKER_S3)'),
  option('--region <name>', 'for sagemaker: region of AWS (default: AWS_REGION)'),
  option(
    '--training-image <uri>',
    'for sagemaker-training: image of an export of format docker, in a registry',
  ),
  option('--instance-type <type>', 'for sagemaker-training: on which machines (default: ml.m5.xlarge)'),
  option(
    '--keep-alive <time>',
    'for sagemaker-training: a machine waits so long for another trial (default: not at all)',
  ).argParser(parseDuration),
  option('--dry-run', 'for sagemaker: print every call that would be made, and make none'),
]

export function cloudFrom(options: CommandInput['options']): ExperimentSpec['cloud'] {
  if (options['backend'] === 'local') return undefined
  const [role, storage, region, image, instanceType] = [
    'role',
    's3',
    'region',
    'trainingImage',
    'instanceType',
  ].map(name => options[name] as string | undefined)
  const keepAliveSeconds = options['keepAlive'] as number | undefined
  return {
    ...cloudSettings({ role, storage, region }),
    ...(image !== undefined && { image }),
    ...(instanceType !== undefined && { instanceType }),
    ...(keepAliveSeconds !== undefined && { keepAliveSeconds }),
  }
}

/** Prepares the experiment in a folder that goes away. Nothing is sent. */
export async function planCloud(request: ExperimentRequest): Promise<CloudPlan> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-plan-'))
  try {
    const { store } = await startExperiment({ ...request, output: join(folder, 'plan') })
    try {
      const prepared = await prepareExperiment(store, () => {})
      const ofTrials = request.backend === sagemakerTraining.name
      return ofTrials ? planTrainingJobs(store, prepared) : await planOnSageMaker(store, prepared)
    } finally {
      store.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every call of a run, one JSON object a line. */
export async function showCalls(
  request: ExperimentRequest,
  options: CommandInput['options'],
  output: Output,
): Promise<number> {
  if (!request.cloud) {
    throw new InputError(
      'E_NO_CALLS',
      '--dry-run prints calls of a cloud: expected --backend sagemaker; see a local plan with "glasspilot plan"',
      {
        exit: 'usage',
      },
    )
  }
  const plan = await planCloud(request)
  if (options['json']) output.print(JSON.stringify(plan))
  else for (const call of plan.calls) output.print(JSON.stringify(call))
  for (const refusal of plan.refusals) output.note(`REFUSED ${refusal}`)
  return plan.refusals.length > 0 ? EXIT.badData : EXIT.ok
}

export const formatCloudPlan = ({ region, job, refusals, costDrivers, calls }: CloudPlan): string =>
  [
    `${job} in ${region}`,
    ...refusals.map(text => `REFUSED ${text}`),
    ...(refusals.length === 0 ? ['nothing that the service would refuse'] : []),
    'what is used:',
    ...costDrivers.map(text => `  ${text}`),
    'calls:',
    ...calls.map(
      ({ service, operation, repeated }) =>
        `  ${service} ${operation}${repeated === undefined ? '' : ` (${repeated})`}`,
    ),
  ].join('\n')

import { dirname, join } from 'node:path'
import process from 'node:process'
import { BackendError, InputError } from '../../util/errors.ts'
import { makeFolder, writeFileAtomic } from '../../util/files.ts'
import { bestCandidateOf, type Deployable } from './best-candidate.ts'
import type { PlannedCall } from './calls.ts'
import { CloudError, openCloud, placeFrom, type Cloud } from './client.ts'
import { ifGone } from './gone.ts'
import { openLedger, ledgerPath, type LedgerEntry } from './ledger.ts'
import type { CloudContainer } from './mapping.ts'

export interface DeployOptions {
  /** Of the endpoint; its model and its configuration are called the same. */
  readonly name?: string
  readonly instanceType: string
  readonly instances: number
  /** What an answer holds, of `ANSWER_KEYS`; as the job set it unless said. */
  readonly keys?: readonly string[]
  /** Percent of questions and answers that are kept in files; none unless said. */
  readonly capturePercent?: number
}

export const ANSWER_KEYS = ['predicted_label', 'probability', 'probabilities', 'labels']

/** What an experiment of tables this size needs for a few requests at once. */
export const DEPLOY_DEFAULTS = { instanceType: 'ml.m5.2xlarge', instances: 1 }

/** One thing that a deployment makes: how it is asked for, and how it is looked for. */
interface Step {
  readonly kind: 'model' | 'endpoint-config' | 'endpoint'
  readonly create: readonly [operation: string, request: object]
  readonly describe: readonly [operation: string, request: object]
}

export interface Deployment {
  readonly endpoint: string
  readonly region: string
  readonly candidate: string
}

const TAGS = [{ Key: 'created-by', Value: 'glasspilot' }]
const POLL_MS = Number(process.env['GLASSPILOT_POLL_MS']) || 10_000

function stepsOf(best: Deployable, options: DeployOptions): readonly [name: string, steps: readonly Step[]] {
  const name = checkedName(options.name ?? best.job)
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: name,
    InstanceType: options.instanceType,
    InitialInstanceCount: options.instances,
    InitialVariantWeight: 1,
  }
  const Containers = answering(best.containers, options.keys)
  return [
    name,
    [
      {
        kind: 'model',
        create: ['CreateModel', { ModelName: name, Containers, ExecutionRoleArn: best.role, Tags: TAGS }],
        describe: ['DescribeModel', { ModelName: name }],
      },
      {
        kind: 'endpoint-config',
        create: [
          'CreateEndpointConfig',
          {
            EndpointConfigName: name,
            ProductionVariants: [variant],
            Tags: TAGS,
            ...(options.capturePercent !== undefined && {
              DataCaptureConfig: captureConfig(capturePrefix(best), options.capturePercent),
            }),
          },
        ],
        describe: ['DescribeEndpointConfig', { EndpointConfigName: name }],
      },
      {
        kind: 'endpoint',
        create: ['CreateEndpoint', { EndpointName: name, EndpointConfigName: name, Tags: TAGS }],
        describe: ['DescribeEndpoint', { EndpointName: name }],
      },
    ],
  ]
}

/** Where questions and answers are kept; the service puts a folder for each endpoint and variant below. */
const capturePrefix = ({ storage, job }: Deployable): string => `${storage}/${job}/capture`

const captureConfig = (DestinationS3Uri: string, InitialSamplingPercentage: number) => ({
  EnableCapture: true,
  InitialSamplingPercentage,
  DestinationS3Uri,
  CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
  // As text, not as base64.
  CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'], JsonContentTypes: ['application/json'] },
})

/** Every call of a deployment, none of them made. */
export function planDeployment(experiment: string, options: DeployOptions): PlannedCall[] {
  const [, steps] = stepsOf(bestCandidateOf(experiment), options)
  const call = ([operation, request]: Step['create']): PlannedCall => ({
    service: 'sagemaker',
    operation,
    request,
  })
  return [
    ...steps.flatMap(({ describe, create }) => [call(describe), call(create)]),
    { ...call(steps.at(-1)!.describe), repeated: `until it is in service, every ${POLL_MS / 1000} s` },
  ]
}

/**
 * Puts the best candidate behind an endpoint and waits until it answers. Each part is in the ledger before it is asked for; called again,
 * it goes on with what is there. A name that something else has is refused: cleaning up would delete it.
 */
export async function deployBest(
  experiment: string,
  options: DeployOptions,
  tell: (text: string) => void,
  open: (region: string) => Cloud = region => openCloud(placeFrom(region)),
): Promise<Deployment> {
  const best = bestCandidateOf(experiment)
  const { region } = best
  const [name, steps] = stepsOf(best, options)
  const cloud = open(region)
  const ledger = openLedger(ledgerPath(best.folder))
  if (options.capturePercent !== undefined) ledger.add({ kind: 'prefix', name: capturePrefix(best), region })
  for (const { kind, create, describe } of steps) {
    const entry: LedgerEntry = { kind, name, region }
    const isThere = (await cloud.call(...describe).catch(ifGone)) !== undefined
    if (isThere && !ledger.holds(entry)) throw taken(kind, name)
    ledger.add(entry)
    if (isThere) continue
    tell(`${create[0]} ${name}`)
    await cloud.call(...create).catch(ifMadeBefore)
  }
  await untilInService(cloud, name, tell)
  return { endpoint: name, region, candidate: best.candidate }
}

async function untilInService(cloud: Cloud, name: string, tell: (text: string) => void): Promise<void> {
  for (let before = ''; ; await new Promise(done => setTimeout(done, POLL_MS))) {
    const now = await cloud.call('DescribeEndpoint', { EndpointName: name })
    const status = String(now['EndpointStatus'])
    if (status !== before) tell(`endpoint ${name}: ${status}`)
    before = status
    if (status === 'InService') return
    if (['Creating', 'Updating', 'SystemUpdating', 'RollingBack'].includes(status)) continue
    throw new BackendError(
      'E_CLOUD_ENDPOINT_FAILED',
      `endpoint ${name} is ${status} (${String(now['FailureReason'] ?? 'the service gives no reason')}): expected InService; delete it with "glasspilot cloud clean"`,
      { exit: 'unreachable' },
    )
  }
}

/** The answer of an earlier attempt was lost. */
function ifMadeBefore(error: unknown): undefined {
  if (error instanceof CloudError && /already exist/i.test(error.message)) return undefined
  throw error
}

const taken = (kind: Step['kind'], name: string) =>
  new InputError(
    'E_CLOUD_NAME_TAKEN',
    `${kind} ${name} is there and was not made for this experiment: expected a free name; choose another --name`,
    { exit: 'usage' },
  )

function checkedName(name: string): string {
  if (/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name)) return name
  throw new InputError(
    'E_BAD_ENDPOINT_NAME',
    `--name is "${name}": expected at most 63 letters, digits and inner hyphens; choose another`,
    { exit: 'usage' },
  )
}

/**
 * Containers that answer with those keys. Of three the last turns numbers into labels: it is told what it gets and what to give, and the
 * second gives all but `labels`, which it does not know.
 */
export function answering(
  containers: readonly CloudContainer[],
  keys: readonly string[] | undefined,
): readonly CloudContainer[] {
  if (!keys) return containers
  const [all, known] = [keys.join(','), keys.filter(key => key !== 'labels').join(',')]
  const last = containers.length - 1
  return containers.map((container, i) => {
    const change: Record<string, string> =
      i === last
        ? { SAGEMAKER_INFERENCE_OUTPUT: all, ...(last > 1 && { SAGEMAKER_INFERENCE_INPUT: known }) }
        : i === 1
          ? { SAGEMAKER_INFERENCE_OUTPUT: known }
          : {}
    return { ...container, Environment: { ...container.Environment, ...change } }
  })
}

/** Files of questions and answers that the endpoints of an experiment have kept, below a folder; gives how many. */
export async function fetchCaptured(
  experiment: string,
  to: string,
  open: (region: string) => Cloud = region => openCloud(placeFrom(region)),
): Promise<number> {
  const best = bestCandidateOf(experiment)
  const prefix = `${capturePrefix(best)}/`
  const cloud = open(best.region)
  const uris = ((await cloud.list(prefix).catch(ifGone)) ?? []).filter(uri => uri.endsWith('.jsonl'))
  for (const uri of uris) {
    // No name leads out of the folder.
    const parts = uri.slice(prefix.length).split('/').filter(part => !['', '.', '..'].includes(part)) // prettier-ignore
    const path = join(to, ...parts.map(part => part.replace(/[^\w.-]/g, '_')))
    makeFolder(dirname(path))
    writeFileAtomic(path, await cloud.get(uri))
  }
  return uris.length
}

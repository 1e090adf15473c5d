import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { lockFolder } from '../experiment/lock.ts'
import { readBody } from '../serve/body.ts'
import { checkExposure, type GuardOptions } from '../serve/guard.ts'
import { startHttp, type Reply } from '../serve/http.ts'
import { checkDepth } from '../serve/json-rows.ts'
import { Refusal } from '../serve/refusal.ts'
import { AwsError, validation } from './aws-error.ts'
import { candidateName, candidateOf, modelUri } from './candidates.ts'
import { Deployments, ModelError } from './deploy.ts'
import { endpointName, Jobs } from './jobs.ts'
import { operations, type Plane } from './operations.ts'
import { Places, STATE_FOLDER } from './places.ts'
import { Records } from './records.ts'
import { answerS3, isS3 } from './s3.ts'
import { S3Error, tellS3 } from './s3-error.ts'
import { requests } from './requests.ts'
import { checkRequest } from './shapes.ts'
import { Tags } from './tags.ts'
import { TrainingJobs } from './training.ts'
import { Transforms } from './transform.ts'
import type {
  ConfigRecord,
  Container,
  EndpointRecord,
  JobRecord,
  ModelRecord,
  TrainingRecord,
  TransformRecord,
} from './types.ts'

export interface ApiOptions {
  /** Folder of the buckets: `s3://bucket/key` is `root/bucket/key`. */
  readonly root: string
  readonly host: string
  readonly port: number
  readonly guard: GuardOptions
  readonly jobsAtOnce: number
  /** Training jobs at once; 2 unless said. */
  readonly trainingAtOnce?: number
  readonly log: (text: string) => void
}

export interface ApiServer {
  readonly port: number
  close(): Promise<void>
}

const MAX_REQUEST_BYTES = 2 ** 20
/** As InvokeEndpoint has it. */
const MAX_INVOCATION_BYTES = 6_291_456
const MAX_CHUNKS = 65_536
const AWS_JSON = 'application/x-amz-json-1.1'
const INVOCATIONS = /^\/endpoints\/([A-Za-z0-9-]{1,63})\/invocations$/

/** SageMaker's control plane and runtime on this machine: clients of AWS drive it by another endpoint URL. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  checkExposure(options.host, options.guard)
  const places = new Places(options.root)
  const { plane, close } = openPlane(options, places)
  try {
    await plane.deployments.restore()
    const server = await startHttp({
      ...options,
      isOpen: path => path === '/ping',
      handle: (request, path) => route(plane, places, request, path),
      tell,
    })
    return {
      port: server.port,
      close: async () => {
        await server.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens the state under the root; one server at a time has it. */
function openPlane(
  { jobsAtOnce, trainingAtOnce = 2, log }: ApiOptions,
  places: Places,
): { plane: Plane; close: () => Promise<void> } {
  const state = join(places.root, STATE_FOLDER)
  const records = <T extends { readonly name: string }>(kind: string) => new Records<T>(join(state, kind))
  const models = records<ModelRecord>('models')
  const unlock = lockFolder(join(state, '.lock'))
  const configs = records<ConfigRecord>('endpoint-configs')
  const endpoints = records<EndpointRecord>('endpoints')
  const deployments = new Deployments({
    places,
    jobs: () => jobs,
    models,
    configs,
    endpoints,
    folder: join(state, 'containers'),
    log,
  })
  const jobs: Jobs = new Jobs({
    places,
    records: records<JobRecord>('jobs'),
    folder: join(state, 'experiments'),
    atOnce: jobsAtOnce,
    log,
    archiveBest: job => {
      const { best } = jobs.view(job.name)
      if (best !== undefined) deployments.makeArchive(modelUri(job, candidateName(job.name, best)))
    },
    onCompleted: async job => deployBest(jobs, deployments, job),
  })
  const transforms = new Transforms({
    places,
    records: records<TransformRecord>('transform-jobs'),
    deployments,
    log,
  })
  const training = new TrainingJobs({
    places,
    records: records<TrainingRecord>('training-jobs'),
    folder: join(state, 'training'),
    atOnce: trainingAtOnce,
    log,
  })
  const tags = new Tags(join(state, 'tags.json'))
  return {
    plane: { jobs, deployments, training, transforms, tags, models, configs, endpoints },
    close: async () => {
      await jobs.close()
      await training.close()
      await transforms.close()
      await deployments.close()
      unlock()
    },
  }
}

/** What ModelDeployConfig asks for: model, configuration and endpoint of the best candidate. */
function deployBest(jobs: Jobs, deployments: Deployments, job: JobRecord): void {
  const view = jobs.view(job.name)
  const row = view.rows.find(({ trial }) => trial === view.best)
  if (!row) throw new Error('there is no best candidate to deploy')
  const [container] = candidateOf(job, view, row)['InferenceContainers'] as [Container]
  const endpoint = endpointName(job)
  deployments.createModel({
    ModelName: endpoint,
    PrimaryContainer: container,
    ExecutionRoleArn: job.request.RoleArn,
  })
  deployments.createConfig({
    EndpointConfigName: endpoint,
    ProductionVariants: [
      {
        VariantName: 'AllTraffic',
        ModelName: endpoint,
        InitialInstanceCount: 1,
        InstanceType: 'ml.m5.large',
        InitialVariantWeight: 1,
      },
    ],
  })
  deployments.createEndpoint(endpoint, endpoint)
}

async function route(plane: Plane, places: Places, request: IncomingMessage, path: string): Promise<Reply> {
  const id = { 'x-amzn-requestid': randomUUID() }
  if (path === '/ping') return { status: 200, headers: id }
  if (isS3(request)) {
    try {
      return await answerS3(places, request)
    } catch (error) {
      if (error instanceof AwsError && !(error instanceof S3Error))
        throw new S3Error('InvalidArgument', error.message)
      throw error
    }
  }
  const endpoint = INVOCATIONS.exec(path)?.[1]
  if (path !== '/' && endpoint === undefined) {
    throw new AwsError(
      'UnknownOperationException',
      'there is nothing at this path: POST / and POST /endpoints/NAME/invocations are here',
      404,
    )
  }
  if (endpoint !== undefined) {
    const { type, body, variant } = await invoke(plane, request, endpoint)
    return { status: 200, type, body, headers: { ...id, 'x-amzn-invoked-production-variant': variant } }
  }
  const answer = await operate(plane, request)
  return {
    status: 200,
    type: AWS_JSON,
    body: answer === undefined ? '' : JSON.stringify(answer),
    headers: id,
  }
}

async function invoke(plane: Plane, request: IncomingMessage, endpoint: string) {
  const body = await readBody(request, { maxBytes: MAX_INVOCATION_BYTES, maxChunks: MAX_CHUNKS })
  const variant = request.headers['x-amzn-sagemaker-target-variant']
  return plane.deployments.invoke(
    endpoint,
    { contentType: request.headers['content-type'], accept: request.headers.accept, body },
    typeof variant === 'string' ? variant : undefined,
  )
}

async function operate(plane: Plane, request: IncomingMessage): Promise<object | undefined> {
  // A page of another site cannot send this type without asking first.
  if (!(request.headers['content-type'] ?? '').startsWith(AWS_JSON)) {
    throw new AwsError('UnsupportedMediaType', `expected Content-Type ${AWS_JSON}`, 415)
  }
  const name = /^SageMaker\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1] ?? ''
  const body = await readBody(request, { maxBytes: MAX_REQUEST_BYTES, maxChunks: MAX_CHUNKS })
  if (!Object.hasOwn(operations, name)) {
    throw new AwsError(
      'UnknownOperationException',
      `operation "${name}" is not known here: expected one of ${Object.keys(operations).join(', ')}`,
    )
  }
  const value = parse(body.toString('utf8'))
  checkRequest(value, requests[name]!)
  return operations[name]!(plane, value as never)
}

function parse(text: string): unknown {
  if (text.trim() === '') return {}
  checkDepth(text, 32)
  try {
    return JSON.parse(text)
  } catch {
    throw new AwsError('SerializationException', 'the request is not JSON')
  }
}

/** Errors as clients of AWS read them: the type in the body for the control plane, in a header for the runtime. */
function tell(error: Refusal | undefined, id: string): Reply {
  const type = error instanceof AwsError ? error.type : error ? validation('').type : 'InternalFailure'
  const message = error ? error.message : `internal error ${id}`
  if (error instanceof S3Error) return tellS3(type, message, error.status)
  const original = error instanceof ModelError ? error.original : undefined
  return {
    status: error?.status ?? 500,
    type: AWS_JSON,
    body: JSON.stringify({
      __type: type,
      message,
      Message: message,
      ...(original && {
        OriginalStatusCode: original.status,
        OriginalMessage: original.message,
        LogStreamArn: '',
      }),
    }),
    headers: { 'x-amzn-requestid': randomUUID(), 'x-amzn-errortype': type },
  }
}

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packTarGz, unpackTarGz } from '../util/tar.ts'
import { writeModel } from '../artifact/index.ts'
import { readPipeline } from '../experiment/assemble.ts'
import { layout } from '../experiment/store.ts'
import { readInfo } from '../pipeline/onnx-model.ts'
import { Capture, CAPTURE_DEFAULTS, type Side } from '../serve/capture.ts'
import { Refusal } from '../serve/refusal.ts'
import { openService, type Invocation, type Service } from '../serve/service.ts'
import { messageOf } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { AwsError, validation } from './aws-error.ts'
import { candidateName, modelUri } from './candidates.ts'
import type { Jobs } from './jobs.ts'
import { Places } from './places.ts'
import { now, type Records } from './records.ts'
import type { ConfigRecord, Container, EndpointRecord, ModelRecord } from './types.ts'

export interface DeployOptions {
  readonly places: Places
  readonly jobs: () => Jobs
  readonly models: Records<ModelRecord>
  readonly configs: Records<ConfigRecord>
  readonly endpoints: Records<EndpointRecord>
  /** Where models are unpacked. */
  readonly folder: string
  readonly log: (text: string) => void
}

interface Live {
  readonly variants: readonly { readonly name: string; readonly weight: number; readonly service: Service }[]
  readonly capture?: Capture
  /** Weight given out so far, by variant. */
  readonly given: number[]
}

/** Models, endpoint configurations and endpoints: what is in service holds its model open in this process. */
export class Deployments {
  private readonly options: DeployOptions
  private readonly live = new Map<string, Live>()

  constructor(options: DeployOptions) {
    this.options = options
  }

  /** Endpoints of an earlier server come back. */
  async restore(): Promise<void> {
    for (const endpoint of this.options.endpoints.all())
      if (endpoint.status !== 'Failed') await this.open(endpoint)
  }

  createModel(request: ModelRecord['request']): ModelRecord {
    const { models } = this.options
    if (models.get(request.ModelName))
      throw validation(`Cannot create already existing model ${request.ModelName}`)
    const container = containerOf(request)
    const folder = join(this.options.folder, request.ModelName.toLowerCase())
    this.unpack(container, folder)
    return models.put({ name: request.ModelName, created: now(), request })
  }

  deleteModel(name: string): void {
    if (!this.options.models.get(name)) throw missing('model', name)
    this.options.models.delete(name)
    rmSync(join(this.options.folder, name.toLowerCase()), { recursive: true, force: true })
  }

  createConfig(request: ConfigRecord['request']): ConfigRecord {
    const { configs, models } = this.options
    const name = request.EndpointConfigName
    if (configs.get(name)) throw validation(`Cannot create already existing endpoint configuration ${name}`)
    for (const { ModelName } of request.ProductionVariants)
      if (ModelName === undefined || !models.get(ModelName)) throw missing('model', ModelName ?? '')
    return configs.put({ name, created: now(), request })
  }

  deleteConfig(name: string): void {
    if (!this.options.configs.get(name)) throw missing('endpoint configuration', name)
    this.options.configs.delete(name)
  }

  createEndpoint(name: string, config: string): EndpointRecord {
    const { endpoints, configs } = this.options
    if (endpoints.get(name)) throw validation(`Cannot create already existing endpoint ${name}`)
    if (!configs.get(config)) throw missing('endpoint configuration', config)
    const endpoint = endpoints.put({ name, created: now(), modified: now(), status: 'Creating', config })
    void this.open(endpoint)
    return endpoint
  }

  updateEndpoint(name: string, config: string): EndpointRecord {
    const { endpoints, configs } = this.options
    const before = endpoints.get(name)
    if (!before) throw missing('endpoint', name)
    if (before.status !== 'InService') throw validation(`Cannot update in-progress endpoint ${name}`)
    if (!configs.get(config)) throw missing('endpoint configuration', config)
    const endpoint = endpoints.put({ ...before, modified: now(), status: 'Updating', config })
    void this.open(endpoint)
    return endpoint
  }

  deleteEndpoint(name: string): void {
    const endpoint = this.options.endpoints.get(name)
    if (!endpoint) throw missing('endpoint', name)
    this.options.endpoints.delete(name)
    this.retire(endpoint.name)
  }

  /** InvokeEndpoint: the answer of the model, or its refusal as a ModelError. */
  async invoke(
    name: string,
    invocation: Invocation,
    variant?: string,
  ): Promise<{ type: string; body: string; variant: string }> {
    const endpoint = this.options.endpoints.get(name)
    const live = endpoint && this.live.get(endpoint.name)
    if (!endpoint)
      throw new AwsError('ValidationError', `Endpoint ${name} of account 000000000000 not found.`)
    if (!live)
      throw new AwsError(
        'ModelNotReadyException',
        `Endpoint ${name} is ${endpoint.status}: wait until it is InService`,
        429,
      )
    const chosen = variant === undefined ? next(live) : live.variants.find(item => item.name === variant)
    if (!chosen) throw new AwsError('ValidationError', `Variant ${variant} of endpoint ${name} not found.`)
    try {
      const { type, body } = await chosen.service.invoke(invocation)
      live.capture?.add({
        contentType: invocation.contentType ?? 'text/csv',
        body: invocation.body,
        answerType: type,
        answer: body,
      })
      return { type, body, variant: chosen.name }
    } catch (error) {
      if (error instanceof Refusal) throw new ModelError(error.status, error.message)
      throw error
    }
  }

  /** The model of a container, opened for work beside any endpoint. */
  folderOf(model: string): { folder: string; env: Readonly<Record<string, string>> } {
    const record = this.options.models.get(model)
    if (!record) throw missing('model', model)
    return {
      folder: join(this.options.folder, record.name.toLowerCase()),
      env: containerOf(record.request).Environment ?? {},
    }
  }

  async close(): Promise<void> {
    for (const name of this.live.keys()) this.retire(name)
  }

  private async open(endpoint: EndpointRecord): Promise<void> {
    const { endpoints, configs, log } = this.options
    try {
      const config = configs.get(endpoint.config)
      if (!config) throw new Error(`endpoint configuration ${endpoint.config} is gone`)
      const variants = []
      for (const { VariantName, ModelName, InitialVariantWeight = 1 } of config.request.ProductionVariants) {
        const { folder, env } = this.folderOf(ModelName!)
        variants.push({
          name: VariantName,
          weight: InitialVariantWeight,
          service: await openService(folder, { env }),
        })
      }
      const current = endpoints.get(endpoint.name)
      // Deleted, or given another configuration, while its models were opened.
      if (!current || current.config !== endpoint.config) return void (await closeAll(variants))
      this.retire(endpoint.name)
      const capture = this.captureOf(config.request.DataCaptureConfig, endpoint.name, variants[0]!.name)
      this.live.set(endpoint.name, { variants, given: variants.map(() => 0), ...(capture && { capture }) })
      endpoints.put({ ...current, status: 'InService', modified: now() })
    } catch (error) {
      log(`endpoint ${endpoint.name}: ${messageOf(error)}`)
      const current = endpoints.get(endpoint.name)
      if (current) endpoints.put({ ...current, status: 'Failed', failure: messageOf(error), modified: now() })
    }
  }

  private captureOf(
    config: Readonly<Record<string, unknown>> | undefined,
    endpoint: string,
    variant: string,
  ): Capture | undefined {
    if (config?.['EnableCapture'] !== true || typeof config['DestinationS3Uri'] !== 'string') return undefined
    const folder = join(this.options.places.path(config['DestinationS3Uri']), endpoint, variant)
    return new Capture({
      ...CAPTURE_DEFAULTS,
      folder,
      percent: Number(config['InitialSamplingPercentage'] ?? 100),
      ...(Array.isArray(config['CaptureOptions']) && {
        sides: config['CaptureOptions'].flatMap(({ CaptureMode }: { CaptureMode: string }) =>
          CaptureMode === 'InputAndOutput' ? BOTH : [CaptureMode as Side],
        ),
      }),
    })
  }

  private retire(name: string): void {
    const live = this.live.get(name)
    if (!live) return
    this.live.delete(name)
    live.capture?.close()
    // Requests that are under way still have the model for a moment.
    setTimeout(() => void closeAll(live.variants), 1000).unref()
  }

  /** Unpacks the archive of a container; that of a candidate is made when it is first asked for. */
  private unpack({ ModelDataUrl, Mode }: Container, folder: string): void {
    if (ModelDataUrl === undefined || Mode === 'MultiModel') {
      throw validation(
        'the container has no ModelDataUrl of one model: expected model.tar.gz of a candidate, or a folder',
      )
    }
    const path = this.options.places.path(ModelDataUrl)
    if (!existsSync(path)) this.makeArchive(ModelDataUrl)
    const files = unpackTarGz(readFileSync(path), name => name === 'model.json' || name === 'model.onnx')
    if (files.size < 2)
      throw validation(
        `${ModelDataUrl} holds no model.onnx with its model.json: expected an archive made by Glasspilot`,
      )
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const [name, bytes] of files) writeFileAtomic(join(folder, name), bytes)
    readInfo(join(folder, 'model.json'))
  }

  /** Writes the archive of a candidate where it is said to be. */
  makeArchive(uri: string): void {
    const path = this.options.places.path(uri)
    for (const job of this.options.jobs().all()) {
      const view = this.options.jobs().view(job.name)
      const row = view.rows.find(({ trial }) => modelUri(job, candidateName(job.name, trial)) === uri)
      if (!row) continue
      const paths = layout(this.options.jobs().folderOf(job.name))
      let from = paths.model
      if (row.trial !== view.best || !view.hasModel) {
        from = join(this.options.folder, '.candidate')
        writeModel(from, readPipeline(paths, row.trial), {
          name: candidateName(job.name, row.trial),
          metrics: row.metrics,
          provenance: { objective: view.objective, trial: row.trial },
        })
      }
      const files = ['model.json', 'model.onnx'].map(name => ({
        name,
        bytes: readFileSync(join(from, name)),
      }))
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      return writeFileAtomic(path, packTarGz(files))
    }
    throw validation(`Could not find model data at ${uri}.`)
  }
}

const BOTH: readonly Side[] = ['Input', 'Output']

/** What the container of an endpoint answered with, when it was no 200. */
export class ModelError extends AwsError {
  readonly original: { readonly status: number; readonly message: string }
  constructor(status: number, message: string) {
    super('ModelError', `Received client error (${status}) from primary with message "${message}".`, 424)
    this.original = { status, message }
  }
}

const containerOf = ({ PrimaryContainer, Containers = [] }: ModelRecord['request']): Container => {
  const all = PrimaryContainer ? [PrimaryContainer, ...Containers] : Containers
  if (all.length === 1) return all[0]!
  throw validation(
    `the model has ${all.length} containers: exactly one was expected, the whole pipeline is one model here`,
  )
}

const missing = (what: string, name: string) => validation(`Could not find ${what} "${name}".`)

/** Variants in turn, as often as their weights say. */
function next({ variants, given }: Live): Live['variants'][number] | undefined {
  let best = 0
  for (const [i, { weight }] of variants.entries()) {
    const due = (k: number) => (variants[k]!.weight === 0 ? Infinity : (given[k]! + 1) / variants[k]!.weight)
    if (weight > 0 && due(i) < due(best)) best = i
  }
  given[best]!++
  return variants[best]
}

const closeAll = (variants: Live['variants']): Promise<unknown> =>
  Promise.all(variants.map(({ service }) => service.close()))

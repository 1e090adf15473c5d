import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs' // prettier-ignore
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { packTarGz } from '../util/tar.ts'
import { inUse, notFound, validation } from './aws-error.ts'
import { Places } from './places.ts'
import { now, unfinished, type Records } from './records.ts'
import type { TrainingRecord } from './types.ts'

/** What the image of an export of format docker runs. */
const CONTAINER = fileURLToPath(new URL('../../templates/package/docker/main.mjs', import.meta.url))
/** A job that is asked to stop is killed after so long, as in the service. */
const STOP_MS = 120_000
const LOG_BYTES = 1e6 // of the end, looked through for metrics
/** Kept from this process's environment: no credentials. */
const ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot', 'LD_LIBRARY_PATH']

export interface TrainingJobsOptions {
  readonly places: Places
  readonly records: Records<TrainingRecord>
  /** Folder of what the jobs work in. */
  readonly folder: string
  /** Jobs that run at once; the others wait. */
  readonly atOnce: number
  readonly log: (text: string) => void
}

type End = Partial<TrainingRecord> & Pick<TrainingRecord, 'status' | 'secondary'>

interface Run {
  child?: ChildProcess
  /** Why it is to end, where it is. */
  reason?: 'Stopped' | 'MaxRuntimeExceeded'
  done: Promise<void>
}

/**
 * Training jobs in the container of this project, run as a process instead: the folder that SageMaker makes is made, the same program runs
 * on it, and what it leaves is packed. One that a stopped server left begins anew.
 */
export class TrainingJobs {
  private readonly options: TrainingJobsOptions
  private readonly waiting: string[] = []
  private readonly running = new Map<string, Run>()
  private closing = false

  constructor(options: TrainingJobsOptions) {
    this.options = options
    for (const { name, status } of unfinished(options.records)) {
      if (status === 'Stopping') this.finish(name, { status: 'Stopped', secondary: 'Stopped' })
      else this.enqueue(name)
    }
  }

  create(request: TrainingRecord['request']): TrainingRecord {
    const { records, places } = this.options
    const name = request.TrainingJobName
    if (records.get(name)) throw inUse(`Job name must be unique: training job ${name} already exists`)
    const image = request.AlgorithmSpecification.TrainingImage ?? ''
    if (!/glasspilot/i.test(image)) {
      throw validation(
        `the image ${image} cannot run here: expected one of this project, with glasspilot in its name; those of others run on SageMaker`,
      )
    }
    for (const { DataSource } of request.InputDataConfig ?? [])
      if (DataSource) places.path(DataSource.S3DataSource.S3Uri)
    places.path(request.OutputDataConfig.S3OutputPath)
    const record = records.put({ name, request, status: 'InProgress', secondary: 'Pending', created: now(), modified: now() }) // prettier-ignore
    this.enqueue(name)
    return record
  }

  find(name: string): TrainingRecord | undefined {
    return this.options.records.get(name)
  }

  all(): TrainingRecord[] {
    return this.options.records.all()
  }

  stop(name: string): void {
    const record = this.find(name)
    if (!record) throw notFound('Requested resource not found.')
    if (record.status !== 'InProgress')
      throw validation(`The request was rejected because the training job is in status ${record.status}.`)
    const place = this.waiting.indexOf(record.name)
    if (place >= 0) {
      this.waiting.splice(place, 1)
      return this.finish(record.name, { status: 'Stopped', secondary: 'Stopped' })
    }
    this.change(record.name, { status: 'Stopping', secondary: 'Stopping' })
    this.end(record.name, 'Stopped')
  }

  /** Ends the processes; their jobs begin again with the next server. */
  async close(): Promise<void> {
    this.closing = true
    this.waiting.length = 0
    for (const { child } of this.running.values()) child?.kill('SIGKILL')
    await Promise.all([...this.running.values()].map(({ done }) => done))
  }

  private end(name: string, reason: NonNullable<Run['reason']>): void {
    const run = this.running.get(name)
    if (!run) return
    run.reason ??= reason
    run.child?.kill('SIGTERM')
    setTimeout(() => run.child?.kill('SIGKILL'), STOP_MS).unref()
  }

  private enqueue(name: string): void {
    this.waiting.push(name)
    this.next()
  }

  private next(): void {
    while (!this.closing && this.running.size < this.options.atOnce && this.waiting.length > 0) {
      const name = this.waiting.shift()!
      const run: Run = { done: Promise.resolve() }
      this.running.set(name, run)
      run.done = this.run(name, run)
        .then(end => {
          if (end) this.finish(name, end)
        })
        .catch((error: unknown) => {
          this.options.log(`training job ${name}: ${messageOf(error)}`)
          this.finish(name, { status: 'Failed', secondary: 'Failed', failure: messageOf(error).slice(0, 1024) }) // prettier-ignore
        })
        .finally(() => {
          this.running.delete(name)
          this.next()
        })
    }
  }

  /** Undefined when the server ends first. */
  private async run(name: string, run: Run): Promise<End | undefined> {
    const { request } = this.change(name, { secondary: 'Downloading', started: now() })
    mkdirSync(this.options.folder, { recursive: true, mode: 0o700 })
    const base = mkdtempSync(join(this.options.folder, `${name.toLowerCase()}-`))
    try {
      this.fill(base, request)
      this.change(name, { secondary: 'Training' })
      const late = setTimeout(
        () => this.end(name, 'MaxRuntimeExceeded'),
        Math.min(2 ** 31 - 1, 1000 * (request.StoppingCondition.MaxRuntimeInSeconds ?? 86_400)),
      )
      const code = await this.execute(run, base)
      clearTimeout(late)
      if (this.closing && !run.reason) return undefined
      const failed = readText(join(base, 'output', 'failure'))
      if (!run.reason) this.change(name, { secondary: 'Uploading' })
      const artifacts = this.upload(base, request)
      const more = { artifacts, metrics: metricsIn(base, request) }
      if (run.reason) return { status: 'Stopped', secondary: run.reason, ...more }
      if (code === 0) return { status: 'Completed', secondary: 'Completed', ...more }
      const failure = `AlgorithmError: ${failed || 'the container said nothing'}, exit code: ${code}`
      return { status: 'Failed', secondary: 'Failed', failure: failure.slice(0, 1024), ...more }
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
  }

  /** The folder as SageMaker makes it: configuration, and the objects of each channel under its name. */
  private fill(base: string, request: TrainingRecord['request']): void {
    const { places } = this.options
    for (const part of ['input/config', 'input/data', 'model', 'output/data'])
      mkdirSync(join(base, part), { recursive: true, mode: 0o700 })
    const channels = request.InputDataConfig ?? []
    const config = {
      hyperparameters: request.HyperParameters ?? {},
      inputdataconfig: Object.fromEntries(
        channels.map(({ ChannelName, ContentType }) => [ChannelName, { TrainingInputMode: 'File', ContentType, S3DistributionType: 'FullyReplicated' }]), // prettier-ignore
      ),
      resourceconfig: { current_host: 'algo-1', hosts: ['algo-1'], network_interface_name: 'lo' },
    }
    for (const [file, value] of Object.entries(config))
      writeFileSync(join(base, 'input', 'config', `${file}.json`), JSON.stringify(value))
    for (const { ChannelName, DataSource } of channels) {
      const uri = DataSource?.S3DataSource.S3Uri ?? ''
      const files = places.files(uri)
      if (files.length === 0) throw new Error(`ClientError: no object exists at ${uri}: expected data there`)
      const root = places.path(uri.replace(/[^/]*$/, ''))
      for (const file of files) {
        const to = join(base, 'input', 'data', ChannelName, relative(root, file))
        mkdirSync(dirname(to), { recursive: true })
        cpSync(file, to)
      }
    }
  }

  private execute(run: Run, base: string): Promise<number> {
    return new Promise((done, failed) => {
      if (run.reason || this.closing) return done(143)
      const log = openSync(join(base, 'log.txt'), 'w', 0o600)
      const kept = ENVIRONMENT.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])) // prettier-ignore
      run.child = spawn(process.execPath, [CONTAINER, 'train'], {
        env: { ...Object.fromEntries(kept), SAGEMAKER_BASE_DIR: base },
        stdio: ['ignore', log, log],
      })
      run.child.on('error', failed)
      run.child.on('close', code => {
        closeSync(log)
        done(code ?? 137)
      })
    })
  }

  /** Packs what lies in model and output/data; gives where the model went. */
  private upload(base: string, { TrainingJobName, OutputDataConfig }: TrainingRecord['request']): string {
    const output = Places.under(OutputDataConfig.S3OutputPath, TrainingJobName, 'output')
    const parts = { 'model.tar.gz': 'model', 'output.tar.gz': 'output/data' }
    for (const [archive, folder] of Object.entries(parts)) {
      const files = readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
      if (files.length === 0 && archive !== 'model.tar.gz') continue
      const to = this.options.places.path(Places.under(output, archive))
      mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
      const nameOf = (file: string) => relative(join(base, folder), file).split('\\').join('/')
      writeFileAtomic(to, packTarGz(files.map(file => ({ name: nameOf(file), bytes: readFileSync(file) }))))
    }
    return Places.under(output, 'model.tar.gz')
  }

  private change(name: string, to: Partial<TrainingRecord>): TrainingRecord {
    const record = this.options.records.get(name)!
    const isNext = to.secondary !== undefined && to.secondary !== record.secondary
    const steps = [...(record.steps ?? [{ status: record.secondary, at: record.created }]), ...(isNext ? [{ status: to.secondary!, at: now() }] : [])] // prettier-ignore
    return this.options.records.put({ ...record, ...to, steps, modified: now() })
  }

  private finish(name: string, end: End): void {
    this.change(name, { ...end, ended: now() })
  }
}

const readText = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '')

/** Values of the metrics that the request names, from lines `name=value;` as the container of this project writes them. */
function metricsIn(
  base: string,
  { AlgorithmSpecification }: TrainingRecord['request'],
): Record<string, number> {
  const text = readText(join(base, 'log.txt')).slice(-LOG_BYTES)
  const said = new Map(
    [...text.matchAll(/^([\w:]+)=([-+\d.e]+);$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
  return Object.fromEntries(
    (AlgorithmSpecification.MetricDefinitions ?? []).flatMap(({ Name }) => {
      const value = said.get(Name)
      return value === undefined || !Number.isFinite(value) ? [] : [[Name, value]]
    }),
  )
}

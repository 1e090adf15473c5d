import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { layout, readDocument, writeDocument } from '../experiment/store.ts'
import { EXIT, messageOf } from '../util/errors.ts'
import { inUse, notFound } from './aws-error.ts'
import { viewExperiment, type ExperimentView } from './experiment-view.ts'
import { checkJob, jobRequest } from './job-request.ts'
import { Places } from './places.ts'
import { now, unfinished, type Records } from './records.ts'
import type { CreateV1, CreateV2, JobRecord } from './types.ts'

/** The command line, compiled, also when the sources are run by a test runner. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const RETRY_LOCKED_MS = 2000

export interface JobsOptions {
  readonly places: Places
  readonly records: Records<JobRecord>
  /** Folder of the experiments. */
  readonly folder: string
  /** Jobs that run at once; the others wait. */
  readonly atOnce: number
  readonly log: (text: string) => void
  /** Puts the best model of a job where its candidate says it is. */
  readonly archiveBest: (job: JobRecord) => void
  /** Told when a job that asked for an endpoint has its model. */
  readonly onCompleted: (job: JobRecord) => Promise<void>
}

/** AutoML jobs: each an experiment in a process of its own. The folder of the experiment is the truth; a new server goes on from it. */
export class Jobs {
  private readonly options: JobsOptions
  private readonly waiting: string[] = []
  private readonly running = new Map<
    string,
    { child?: ChildProcess; stopping: boolean; done: Promise<void> }
  >()
  private closing = false

  constructor(options: JobsOptions) {
    this.options = options
    for (const { name, status } of unfinished(options.records)) {
      if (status === 'Stopping') this.finish(name, { status: 'Stopped', secondary: 'Stopped' })
      else this.enqueue(name)
    }
  }

  create(version: 1 | 2, request: CreateV1 | CreateV2): JobRecord {
    checkJob({ version, request })
    const { records } = this.options
    const name = request.AutoMLJobName
    if (records.get(name)) throw inUse(`AutoML job name ${name} already exists`)
    for (const { DataSource } of jobRequest({ version, request }).channels)
      if (DataSource) this.options.places.path(DataSource.S3DataSource.S3Uri)
    this.options.places.path(request.OutputDataConfig.S3OutputPath)
    const job = records.put({ name, version, request, status: 'InProgress', created: now(), modified: now() })
    this.enqueue(name)
    return job
  }

  get(name: string): JobRecord {
    const job = this.options.records.get(name)
    if (job) return job
    throw notFound(`Could not find AutoML job with name ${name}`)
  }

  all(): JobRecord[] {
    return this.options.records.all()
  }

  folderOf(name: string): string {
    return join(this.options.folder, name.toLowerCase())
  }

  view(name: string): ExperimentView {
    return viewExperiment(this.folderOf(name))
  }

  /** A job that runs ends its trials first; one that waits ends at once. */
  stop(name: string): void {
    const job = this.get(name)
    if (job.status !== 'InProgress') return
    const place = this.waiting.indexOf(job.name)
    if (place >= 0) {
      this.waiting.splice(place, 1)
      this.finish(job.name, { status: 'Stopped', secondary: 'Stopped' })
      return
    }
    this.options.records.put({ ...job, status: 'Stopping', secondary: 'Stopping', modified: now() })
    const run = this.running.get(job.name)
    if (run) {
      run.stopping = true
      run.child?.kill('SIGTERM')
    }
  }

  /** Ends the processes; jobs stay InProgress and go on with the next server. */
  async close(): Promise<void> {
    this.closing = true
    this.waiting.length = 0
    for (const { child } of this.running.values()) child?.kill('SIGTERM')
    await Promise.all([...this.running.values()].map(({ done }) => done))
  }

  private enqueue(name: string): void {
    this.waiting.push(name)
    this.next()
  }

  private next(): void {
    while (!this.closing && this.running.size < this.options.atOnce && this.waiting.length > 0) {
      const name = this.waiting.shift()!
      const run: { child?: ChildProcess; stopping: boolean; done: Promise<void> } = {
        stopping: false,
        done: Promise.resolve(),
      }
      this.running.set(name, run)
      run.done = this.run(name)
        .catch((error: unknown) => {
          this.options.log(
            `job ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          )
          this.finish(name, { status: 'Failed', secondary: 'Failed', failure: messageOf(error) })
        })
        .finally(() => {
          this.running.delete(name)
          this.next()
        })
    }
  }

  private async run(name: string): Promise<void> {
    const job = this.get(name)
    const folder = this.folderOf(name)
    const request = jobRequest(job)
    const isPlanned = existsSync(layout(folder).candidates)
    if (existsSync(folder) && !isPlanned) rmSync(folder, { recursive: true, force: true })
    const planFirst = request.algorithms.length > 0
    if (!isPlanned) {
      const args = [
        ...this.runArguments(job),
        ...(planFirst || request.definitionsOnly ? ['--definitions-only'] : []),
      ]
      if (!(await this.step(name, args))) return
    }
    if (planFirst) keepAlgorithms(folder, request.algorithms)
    if (
      !request.definitionsOnly &&
      (isPlanned || planFirst) &&
      !(await this.step(name, ['resume', folder, '--json', '--quiet']))
    )
      return
    await this.complete(job, request.definitionsOnly)
  }

  /** Runs the command line once; false when the job is over, or goes on with another server. */
  private async step(name: string, args: readonly string[]): Promise<boolean> {
    for (;;) {
      const run = this.running.get(name)!
      const { code, stderr } = await this.execute(name, args)
      if (this.closing && !run.stopping) return false
      if (run.stopping) {
        this.publish(this.get(name))
        this.finish(name, { status: 'Stopped', secondary: 'Stopped' })
        return false
      }
      if (code === EXIT.ok) return true
      if (code !== EXIT.locked) {
        const failure =
          stderr
            .trim()
            .split('\n')
            .at(-1)
            ?.replace(/^glasspilot: /, '') ?? `exit status ${code}`
        this.finish(name, { status: 'Failed', secondary: 'Failed', failure: failure.slice(0, 1024) })
        return false
      }
      // The process of an earlier server still works on it.
      await new Promise(done => setTimeout(done, RETRY_LOCKED_MS))
    }
  }

  private execute(name: string, args: readonly string[]): Promise<{ code: number; stderr: string }> {
    return new Promise(done => {
      const run = this.running.get(name)!
      if (this.closing || run.stopping) return done({ code: EXIT.terminated, stderr: '' })
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
      run.child = child
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-8192)))
      child.on('error', error => done({ code: EXIT.bug, stderr: error.message }))
      child.on('close', code => done({ code: code ?? EXIT.terminated, stderr }))
    })
  }

  private runArguments(job: JobRecord): string[] {
    const { places } = this.options
    const request = jobRequest(job)
    const filesOf = (type: string) =>
      request.channels
        .filter(({ ChannelType = 'training', DataSource }) => ChannelType === type && DataSource)
        .flatMap(({ DataSource }) => places.files(DataSource!.S3DataSource.S3Uri))
    const training = filesOf('training')
    if (training.length === 0) {
      throw new Error(
        `no object exists at ${request.channels[0]!.DataSource?.S3DataSource.S3Uri}: expected a table there`,
      )
    }
    const mode = { ENSEMBLING: 'ensemble', HYPERPARAMETER_TUNING: 'hpo' }[request.mode ?? ''] ?? 'auto'
    const { MaxCandidates, MaxAutoMLJobRuntimeInSeconds, MaxRuntimePerTrainingJobInSeconds } = request.limits
    const flag = (name: string, value: string | number | undefined) =>
      value === undefined ? [] : [name, String(value)]
    return [
      'run',
      ...training,
      '--quiet',
      '--json',
      '--target',
      request.target,
      '--name',
      job.name,
      '--output',
      this.folderOf(job.name),
      '--mode',
      mode,
      ...flag('--validation', filesOf('validation')[0]),
      ...flag('--validation-fraction', request.validationFraction),
      ...flag('--problem-type', request.problemType),
      ...flag('--objective', request.objective),
      ...flag('--max-candidates', MaxCandidates),
      ...flag('--budget', MaxAutoMLJobRuntimeInSeconds),
      ...flag('--trial-time', MaxRuntimePerTrainingJobInSeconds),
      ...flag('--weight', request.weight),
      ...flag('--features', request.features === undefined ? undefined : places.path(request.features)),
    ]
  }

  private async complete(job: JobRecord, definitionsOnly: boolean): Promise<void> {
    this.publish(job)
    if (!definitionsOnly) this.options.archiveBest(job)
    const { limits } = jobRequest(job)
    const view = this.view(job.name)
    const trials = view.rows.filter(({ candidate }) => candidate !== 'ensemble').length
    const secondary = definitionsOnly
      ? 'CandidateDefinitionsGenerated'
      : trials >= (limits.MaxCandidates ?? Infinity)
        ? 'MaxCandidatesReached'
        : limits.MaxAutoMLJobRuntimeInSeconds !== undefined
          ? 'MaxAutoMLJobRuntimeReached'
          : 'Completed'
    let deployed = false
    if (job.request.ModelDeployConfig && !definitionsOnly) {
      try {
        await this.options.onCompleted(job)
        deployed = true
      } catch (error) {
        this.options.log(`job ${job.name}: ${messageOf(error)}`)
        return this.finish(job.name, { status: 'Completed', secondary: 'ModelDeploymentError' })
      }
    }
    this.finish(job.name, {
      status: 'Completed',
      secondary,
      ...(deployed && { endpoint: endpointName(job) }),
    })
  }

  /** Notebooks and tables of a job at the place its request names. */
  private publish(job: JobRecord): void {
    const paths = layout(this.folderOf(job.name))
    const files = artifacts(job)
    const from = { notebooks: paths.notebooks }
    for (const [name, file] of Object.entries(NOTEBOOKS)) {
      const source = join(from.notebooks, file)
      if (existsSync(source)) copyTo(source, this.options.places.path(files[name as keyof typeof NOTEBOOKS]))
    }
    for (const source of [paths.leaderboard, paths.candidates, paths.profile]) {
      if (existsSync(source))
        copyTo(source, this.options.places.path(Places.under(files.base, source.split(/[\\/]/).at(-1)!)))
    }
  }

  private finish(name: string, end: Pick<JobRecord, 'status'> & Partial<JobRecord>): void {
    const job = this.get(name)
    this.options.records.put({ ...job, ...end, modified: now(), ended: now() })
  }
}

/** The endpoint that a job makes when it is asked to. */
export const endpointName = ({ name, request }: JobRecord): string =>
  request.ModelDeployConfig?.EndpointName ?? `${name.slice(0, 50)}-endpoint`

const NOTEBOOKS = {
  candidates: 'GlasspilotCandidateDefinitionNotebook.ipynb',
  exploration: 'GlasspilotDataExplorationNotebook.ipynb',
}

/** Where Autopilot puts its notebooks. */
export function artifacts({ name, request }: JobRecord): {
  base: string
  candidates: string
  exploration: string
} {
  const base = Places.under(request.OutputDataConfig.S3OutputPath, name)
  const notebooks = Places.under(base, 'sagemaker-automl-candidates', 'notebooks')
  return {
    base,
    candidates: Places.under(notebooks, 'SageMakerAutopilotCandidateDefinitionNotebook.ipynb'),
    exploration: Places.under(notebooks, 'SageMakerAutopilotDataExplorationNotebook.ipynb'),
  }
}

function copyTo(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  copyFileSync(from, to)
}

/** Leaves only candidates whose algorithm has one of these names of Autopilot's in the plan. */
function keepAlgorithms(folder: string, names: readonly string[]): void {
  const path = layout(folder).candidates
  const plan = readDocument<{ candidates: Candidate[] }>(path)
  const nameOf = (name: string) =>
    algorithms.find(algorithm => algorithm.name === name)?.autopilotName ?? name
  const candidates = plan.candidates.filter(({ algorithm }) => names.includes(nameOf(algorithm)))
  if (candidates.length === 0) {
    const found = [...new Set(plan.candidates.map(({ algorithm }) => nameOf(algorithm)))]
    throw new Error(
      `no candidate has an algorithm of ${names.join(', ')}: this table has candidates with ${found.join(', ')}`,
    )
  }
  if (candidates.length < plan.candidates.length)
    writeDocument(path, { ...JSON.parse(readFileSync(path, 'utf8')), candidates })
}

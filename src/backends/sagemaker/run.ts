import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { finishedTrials, type Store } from '../../experiment/store.ts'
import { bestTrial, compareTrials, writeLeaderboard } from '../../experiment/leaderboard.ts'
import type { Prepared } from '../../experiment/prepare.ts'
import type { Trial } from '../../experiment/types.ts'
import { BackendError } from '../../util/errors.ts'
import type { ElsewhereResult, ElsewhereServices } from '../backend.ts'
import { AutoMLJobs, type JobDescription } from './automl.ts'
import { keepBestCandidate } from './best-candidate.ts'
import { CloudError, openCloud, placeFrom, type Cloud } from './client.ts'
import { refusals, refuse } from './checks.ts'
import { ledgerPath, openLedger, type Ledger } from './ledger.ts'
import {
  createRequest,
  createRequestV1,
  featureSpecification,
  isEnded,
  jobName,
  trainingOf,
  trialOf,
  uploadsOf,
  type CloudCandidate,
} from './mapping.ts'
import type { CloudSettings } from './settings.ts'
import { cloudSettings } from './settings.ts'
import { writeUpload } from './upload.ts'

/** Definition that trials of the service are kept under; they follow from no candidate here. */
const DEFINITION = 'sagemaker'
/** `GLASSPILOT_POLL_MS` is for servers on this machine. */
const FIRST_POLL_MS = Number(process.env['GLASSPILOT_POLL_MS']) || 2000
const LAST_POLL_MS = 30_000
const STOP_PATIENCE_MS = 120_000

/** An experiment as an AutoML job of SageMaker: upload, create, follow, fetch. Called again, it goes on with the job that is there. */
export async function runOnSageMaker(
  store: Store,
  prepared: Prepared,
  services: ElsewhereServices,
  openWith: (settings: CloudSettings) => Cloud = settings => openCloud(placeFrom(settings.region)),
): Promise<ElsewhereResult> {
  const { spec, paths } = store
  const settings = cloudSettings(spec.cloud ?? {})
  const { region } = placeFrom(settings.region)
  const file = join(paths.data, 'upload.csv')
  const bytes = await writeUpload(spec.data, file)
  refuse(refusals(spec, prepared, settings, bytes))
  const cloud = openWith(settings)
  const ledger = openLedger(ledgerPath(paths.folder))
  const sha = store.journal.records.find(record => record.type === 'prepared')?.dataSha256 ?? ''
  const job = jobName(spec, sha)
  const uploads = uploadsOf(settings, job, spec)
  const jobs = new AutoMLJobs(cloud)
  if ((await jobs.describe(job)) === undefined) {
    services.emit({ type: 'stage', stage: 'tune', detail: `sending the table to ${uploads.table}` })
    await send(cloud, ledger, region, uploads.table, { file })
    if (uploads.features !== undefined)
      await send(cloud, ledger, region, uploads.features, { text: featureSpecification(spec) })
    ledger.add({ kind: 'prefix', name: uploads.output, region })
    ledger.add({ kind: 'automl-job', name: job, region })
    const made = { job, settings, uploads }
    await jobs.create(createRequest(spec, prepared, made), createRequestV1(spec, prepared, made))
  }
  const followed = new Follower(store, prepared, services, cloud, job)
  const end = await followed.untilEnd()
  if (end.AutoMLJobStatus === 'Failed') {
    throw new BackendError(
      'E_CLOUD_JOB_FAILED',
      `AutoML job ${job} failed: ${end.FailureReason ?? 'the service gives no reason'}`,
      { exit: 'unreachable' },
    )
  }
  const { trials } = followed
  writeLeaderboard(paths, prepared.objective, trials)
  keepBestCandidate(paths.folder, job, end.BestCandidate)
  const fetched = await fetchArtifacts(cloud, paths.folder, end)
  const best =
    end.BestCandidate && trials.find(({ candidate }) => candidate === end.BestCandidate!.CandidateName)
  const chosen = best ?? bestTrial(trials, prepared.objective)
  return {
    trials: trials.toSorted((a, b) => compareTrials(b, a, prepared.objective)),
    stopped: end.AutoMLJobStatus === 'Stopped',
    ...(chosen?.state === 'COMPLETE' && { best: chosen }),
    ...fetched,
  }
}

async function send(
  cloud: Cloud,
  ledger: Ledger,
  region: string,
  uri: string,
  from: Parameters<Cloud['put']>[1],
): Promise<void> {
  ledger.add({ kind: 'object', name: uri, region })
  await cloud.put(uri, from)
}

/** Asks how far a job is, less and less often, and tells of every candidate once. */
class Follower {
  private readonly store: Store
  private readonly prepared: Prepared
  private readonly services: ElsewhereServices
  private readonly cloud: Cloud
  private readonly jobs: AutoMLJobs
  private readonly job: string
  private readonly known = new Map<string, Trial>()
  private stage = ''

  constructor(store: Store, prepared: Prepared, services: ElsewhereServices, cloud: Cloud, job: string) {
    this.store = store
    this.prepared = prepared
    this.services = services
    this.cloud = cloud
    this.jobs = new AutoMLJobs(cloud)
    this.job = job
    for (const trial of finishedTrials(store.journal.records)) this.known.set(trial.candidate, trial)
  }

  get trials(): Trial[] {
    return [...this.known.values()].sort((a, b) => a.id - b.id)
  }

  async untilEnd(): Promise<JobDescription> {
    const { signal, emit } = this.services
    let stopBefore = Infinity
    for (let delay = FIRST_POLL_MS; ; delay = Math.min(LAST_POLL_MS, delay * 1.3)) {
      const now = await this.jobs.describe(this.job)
      if (!now)
        throw new BackendError(
          'E_CLOUD_JOB_GONE',
          `AutoML job ${this.job} is not there any more: expected the one that was made; start a new experiment`,
          { exit: 'unreachable' },
        )
      const stage = now.AutoMLJobSecondaryStatus
      if (stage !== this.stage) emit({ type: 'stage', stage: 'tune', detail: `SageMaker: ${stage}` })
      this.stage = stage
      await this.takeCandidates()
      if (['Completed', 'Failed', 'Stopped'].includes(now.AutoMLJobStatus)) return now
      if (signal.aborted && stopBefore === Infinity) {
        await this.jobs.stop(this.job)
        stopBefore = performance.now() + STOP_PATIENCE_MS
        delay = FIRST_POLL_MS
      }
      if (performance.now() > stopBefore) return { ...now, AutoMLJobStatus: 'Stopped' }
      await pause(delay, signal)
    }
  }

  private async takeCandidates(): Promise<void> {
    const { objective } = this.prepared
    for (let token: string | undefined; ;) {
      const page = (await this.cloud.call('ListCandidatesForAutoMLJob', {
        AutoMLJobName: this.job,
        SortBy: 'CreationTime',
        SortOrder: 'Ascending',
        MaxResults: 100,
        ...(token !== undefined && { NextToken: token }),
      })) as { Candidates?: CloudCandidate[]; NextToken?: string }
      for (const candidate of page.Candidates ?? []) {
        if (!isEnded(candidate) || this.known.has(candidate.CandidateName)) continue
        const trial = trialOf(candidate, objective.name, this.known.size, await this.trainingFor(candidate))
        this.known.set(trial.candidate, trial)
        this.store.journal.append({ type: 'trial', definition: DEFINITION, trial })
        this.services.emit({
          type: 'trial',
          trial,
          done: this.known.size,
          total: Math.max(this.known.size, this.store.spec.maxCandidates),
          best: bestTrial(this.trials, objective),
        })
      }
      token = page.NextToken
      if (token === undefined) return
    }
  }

  private async trainingFor({ CandidateSteps }: CloudCandidate) {
    const step = CandidateSteps.findLast(({ CandidateStepType }) =>
      CandidateStepType.endsWith('::TrainingJob'),
    )
    if (!step) return trainingOf(undefined)
    const described = await this.cloud
      .call('DescribeTrainingJob', { TrainingJobName: step.CandidateStepName })
      .catch((error: unknown) => {
        // Without leave to look at training jobs the leaderboard is still whole.
        if (error instanceof CloudError) return undefined
        throw error
      })
    return trainingOf(described)
  }
}

/** Notebooks and model of a job, into the folder. */
async function fetchArtifacts(
  cloud: Cloud,
  folder: string,
  end: JobDescription,
): Promise<{ notebooks: string[]; archive?: Buffer }> {
  const notebooks: string[] = []
  for (const uri of Object.values(end.AutoMLJobArtifacts ?? {})) {
    if (!uri.startsWith('s3://')) continue
    const bytes = await cloud.get(uri).catch(ifThere)
    if (!bytes) continue
    const path = join(
      folder,
      'notebooks',
      uri
        .split('/')
        .at(-1)!
        .replace(/[^\w.-]/g, '_'),
    )
    writeFileSync(path, bytes, { mode: 0o600 })
    notebooks.push(path)
  }
  // Of several containers the second holds the learner; one alone holds everything.
  const containers = end.BestCandidate?.InferenceContainers ?? []
  const [only] = containers
  if (containers.length !== 1 || !only?.ModelDataUrl.startsWith('s3://')) return { notebooks }
  const archive = await cloud.get(only.ModelDataUrl).catch(ifThere)
  return { notebooks, ...(archive && { archive }) }
}

function ifThere(error: unknown): undefined {
  if (error instanceof CloudError && /^(NoSuchKey|NotFound|NoSuchBucket|AccessDenied)$/.test(error.type))
    return undefined
  throw error
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise(done => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, milliseconds)
    if (!signal.aborted) signal.addEventListener('abort', end)
  })

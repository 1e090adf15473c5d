import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { dataHashes } from '../../experiment/data.ts'
import {
  identityOf,
  type Executor,
  type SubmitOptions,
  type TrialJob,
  type TrialTime,
} from '../../experiment/executor.ts'
import type { Layout, Store } from '../../experiment/store.ts'
import type { Trial } from '../../experiment/types.ts'
import { BackendError, messageOf } from '../../util/errors.ts'
import { withoutSecrets } from '../../util/redact.ts'
import { refuse } from '../sagemaker/checks.ts'
import { CloudError, openCloud, placeFrom, type Cloud } from '../sagemaker/client.ts'
import { ledgerPath, openLedger, type Ledger } from '../sagemaker/ledger.ts'
import { describeJob, hasEnded, stopJob, type JobNow } from '../sagemaker/training-job.ts'
import { jobName, runName } from './names.ts'
import { moduleName, placesOf, TRIAL_FILE, trainingRequest } from './request.ts'
import { takeResult } from './result.ts'
import { trainingRefusals, trainingSettings, type TrainingSettings } from './settings.ts'

/** `GLASSPILOT_POLL_MS` is for servers on this machine. */
const FIRST_POLL_MS = Number(process.env['GLASSPILOT_POLL_MS']) || 3000
const LAST_POLL_MS = 5 * FIRST_POLL_MS
/** Before another instance is asked for, where the account had none left. */
const WAIT_MS = 10 * FIRST_POLL_MS
/** Times that a trial is begun again after the service, not the trial, failed. */
const RETRIES = 2
/** In the words of trials on this machine. */
const LATE = 'did not finish in its time'

/** Everything that executors of one experiment share. */
interface Place {
  readonly paths: Layout
  readonly settings: TrainingSettings
  readonly region: string
  readonly cloud: Cloud
  readonly ledger: Ledger
  readonly note: (text: string) => void
}

export function openTrainingJobs(
  { paths, spec }: Store,
  note: (text: string) => void,
  openWith: (settings: TrainingSettings) => Cloud = ({ region }) => openCloud(placeFrom(region)),
): Executor {
  const settings = trainingSettings(spec)
  refuse(trainingRefusals(spec, settings))
  const { region } = placeFrom(settings.region)
  const ledger = openLedger(ledgerPath(paths.folder))
  return new TrainingJobs(
    { paths, settings, region, cloud: openWith(settings), ledger, note },
    spec.name,
    spec.workers,
  )
}

/**
 * Runs each trial as a training job of its own: the instance that runs it fails alone, is stopped alone and is given back as soon as it is
 * done, and a client that comes back finds by name what became of each. Instances that are kept alive take the start away between trials.
 */
class TrainingJobs implements Executor {
  readonly slots: number
  private readonly place: Place
  /** `s3://bucket/prefix/run`; its last part begins the names of all jobs. */
  private readonly prefix: string
  private readonly active = new Set<Promise<Trial>>()
  private readonly waiting: (() => void)[] = []
  private busy = 0
  /** Jobs of ours that have not ended. */
  private live = 0
  private closing = false
  private wake: () => void = () => {}
  private stopped = new Promise<void>(done => (this.wake = done))
  private sent: Promise<number> | undefined
  /** Seconds that a job took beside its fit, as last seen: its instance, the data, the way of its result. */
  private aroundSeconds = 0

  constructor(place: Place, name: string, slots: number) {
    this.place = place
    this.slots = slots
    this.prefix =
      place.ledger.entries.findLast(({ kind }) => kind === 'prefix')?.name ??
      `${place.settings.storage}/${runName(name)}`
  }

  async submit(job: TrialJob, options: SubmitOptions): Promise<Trial> {
    // A slot is handed on, or taken.
    if (this.busy >= this.slots) await new Promise<void>(done => this.waiting.push(done))
    else this.busy++
    const running = this.submitNow(job, options)
    this.active.add(running)
    try {
      return await running
    } finally {
      this.active.delete(running)
      const next = this.waiting.shift()
      if (next) next()
      else this.busy--
    }
  }

  private async submitNow(job: TrialJob, options: SubmitOptions): Promise<Trial> {
    const time = options.time()
    if (this.closing || time.softSeconds <= 0) return ended(job, 'STOPPED', 'never started')
    options.onStart()
    return this.run(job, time)
  }

  private async run(job: TrialJob, time: TrialTime): Promise<Trial> {
    const dataBytes = await (this.sent ??= this.sendData())
    let failures = 0
    for (let attempt = 1; ; attempt++) {
      const name = jobName(this.prefix.split('/').at(-1)!, job.request.id, attempt)
      const there = await describeJob(this.place.cloud, name)
      // An earlier client stopped it, and it left nothing.
      if (there && ['Stopped', 'Stopping'].includes(there.TrainingJobStatus)) continue
      if (!there && !(await this.begin(name, job, time, dataBytes)))
        return ended(job, 'STOPPED', 'never started')
      this.live++
      const beganMs = performance.now()
      const now = await this.untilEnd(name, beganMs + time.hardSeconds * 1000).finally(() => this.live--)
      if (!now && this.closing) return ended(job, 'STOPPED', 'stopped before it finished')
      if (!now) return ended(job, 'TIMEOUT', LATE)
      if (now.TrainingJobStatus === 'Completed') {
        const trial = await this.take(job, name, now)
        this.aroundSeconds = (performance.now() - beganMs) / 1000 - (trial.fitSeconds ?? 0)
        return trial
      }
      this.forget(name)
      if (now.SecondaryStatus === 'MaxRuntimeExceeded') return ended(job, 'TIMEOUT', LATE)
      if (now.TrainingJobStatus === 'Stopped')
        return ended(job, 'FAILED', 'its training job was stopped by somebody else')
      const reason = now.FailureReason ?? 'the service gives no reason'
      // What the container said of itself it would say again.
      if (reason.startsWith('AlgorithmError')) return ended(job, 'FAILED', reason)
      if (++failures > RETRIES) return ended(job, 'CRASHED', `${reason}, ${failures} times`)
    }
  }

  /** Asks for the job, as soon as the account allows one more; false when all is to stop before. */
  private async begin(name: string, job: TrialJob, time: TrialTime, dataBytes: number): Promise<boolean> {
    const { cloud, ledger, region, settings } = this.place
    const seconds = Math.max(1, time.softSeconds - this.aroundSeconds)
    const { metricModule: file } = job
    // Of a path of this machine nobody there has a use.
    const asked = file === undefined ? job : { ...job, metricModule: moduleName(file) }
    const order = { job: asked, ...(Number.isFinite(seconds) && { seconds }) }
    const there = placesOf(this.prefix).trial(name)
    await cloud.put(`${there}${TRIAL_FILE}`, { text: JSON.stringify(order) })
    if (file !== undefined) await cloud.put(`${there}${moduleName(file)}`, { file })
    const { hardSeconds } = time
    const request = trainingRequest(settings, this.prefix, { name, order, hardSeconds, dataBytes })
    for (; !this.closing; await this.pause(WAIT_MS)) {
      ledger.add({ kind: 'training-job', name, region })
      try {
        await cloud.call('CreateTrainingJob', request)
        return true
      } catch (error) {
        // The answer of an earlier attempt was lost.
        if (error instanceof CloudError && error.type === 'ResourceInUse') return true
        if (!(error instanceof CloudError) || error.type !== 'ResourceLimitExceeded') throw error
        ledger.strike({ kind: 'training-job', name, region })
        if (this.live === 0) throw error
        this.place.note(`${name} waits until another instance is free: ${error.message}`)
      }
    }
    return false
  }

  /** Asks how far a job is, less and less often; undefined when it was stopped, which is not waited for: it is in the ledger. */
  private async untilEnd(name: string, lateMs: number): Promise<JobNow | undefined> {
    for (let delay = FIRST_POLL_MS; ; delay = Math.min(LAST_POLL_MS, delay * 1.3)) {
      const now = this.closing ? undefined : await describeJob(this.place.cloud, name)
      if (now && hasEnded(now)) return now
      if (!now && !this.closing) throw gone(name)
      if (this.closing || performance.now() > lateMs) {
        await this.end(name)
        return undefined
      }
      await this.pause(delay)
    }
  }

  private async take(job: TrialJob, name: string, { ModelArtifacts }: JobNow): Promise<Trial> {
    const archive = await this.place.cloud.get(ModelArtifacts?.S3ModelArtifacts ?? '')
    const trial = takeResult(this.place.paths, job.request.id, archive)
    this.forget(name)
    return trial
  }

  /** A job that has ended costs nothing and cannot be deleted; its instance may wait for more. */
  private forget(name: string): void {
    const { ledger, region, settings } = this.place
    if (settings.keepAliveSeconds === 0) ledger.strike({ kind: 'training-job', name, region })
  }

  /** The columns as they are cached, and the split: once for all trials. Resolves to their size. */
  private async sendData(): Promise<number> {
    const { cloud, ledger, paths, region } = this.place
    ledger.add({ kind: 'prefix', name: this.prefix, region })
    let bytes = 0
    for (const name of Object.keys(dataHashes(paths))) {
      const file = join(paths.folder, name)
      bytes += statSync(file).size
      await cloud.put(`${placesOf(this.prefix).data}${name.replace(/^data\//, '')}`, { file })
    }
    return bytes
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise(done => {
      const timer = setTimeout(done, milliseconds)
      void this.stopped.then(() => {
        clearTimeout(timer)
        done()
      })
    })
  }

  /** Jobs are asked to end, not waited for: those that do not are in the ledger. */
  private async end(name: string): Promise<void> {
    await stopJob(this.place.cloud, name).catch((error: unknown) =>
      this.place.note(
        `training job ${name} could not be stopped (${messageOf(error)}): stop it with "glasspilot cloud clean"`,
      ),
    )
  }

  async stop(): Promise<void> {
    this.closing = true
    for (const release of this.waiting.splice(0)) release()
    this.wake()
  }

  async close(): Promise<void> {
    await this.stop()
    await Promise.allSettled(this.active)
  }
}

const ended = (job: TrialJob, state: Trial['state'], reason: string): Trial => ({
  ...identityOf(job),
  state,
  reason: withoutSecrets(reason),
})

const gone = (name: string) =>
  new BackendError(
    'E_CLOUD_JOB_GONE',
    `training job ${name} is not there any more: expected the one that was made; go on with "glasspilot resume"`,
    { exit: 'unreachable' },
  )

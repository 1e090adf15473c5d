import process from 'node:process'
import { AutoMLJobs } from './automl.ts'
import { openCloud, placeFrom, CloudError, type Cloud } from './client.ts'
import { ifGone } from './gone.ts'
import { ledgerPath, openLedger, type LedgerEntry } from './ledger.ts'
import type { Unfinished } from './s3-xml.ts'
import { describeJob, hasEnded, stopJob, waits } from './training-job.ts'

export interface CloudItem extends LedgerEntry {
  /** What it is now. */
  readonly state: string
}

type Kind = LedgerEntry['kind']

const openAt = (region: string): Cloud => openCloud(placeFrom(region))
const POLL_MS = Number(process.env['GLASSPILOT_POLL_MS']) || 1000
const pause = (): Promise<void> => new Promise(done => setTimeout(done, POLL_MS))

/** Everything that was made for an experiment, and how it is now. */
export function cloudStatus(folder: string, open = openAt): Promise<CloudItem[]> {
  const { entries } = openLedger(ledgerPath(folder))
  return Promise.all(
    entries.map(async entry => ({ ...entry, state: await stateOf(open(entry.region), entry) })),
  )
}

type Part = Extract<Kind, 'model' | 'endpoint-config' | 'endpoint'>

const describers: Readonly<Record<Part, (name: string) => [string, object]>> = {
  model: ModelName => ['DescribeModel', { ModelName }],
  'endpoint-config': EndpointConfigName => ['DescribeEndpointConfig', { EndpointConfigName }],
  endpoint: EndpointName => ['DescribeEndpoint', { EndpointName }],
}

const describe = (cloud: Cloud, kind: Part, name: string) =>
  cloud.call(...describers[kind](name)).catch(ifGone)

async function stateOf(cloud: Cloud, { kind, name }: LedgerEntry): Promise<string> {
  if (kind === 'object' || kind === 'prefix') {
    const found = await cloud.list(kind === 'prefix' ? `${name}/` : name).catch(ifGone)
    const begun = await unfinished(cloud, { kind, name })
    const parts = [counted(found?.length ?? 0, 'object'), begun && counted(begun.length, 'unfinished upload')]
    return parts.filter(part => part).join(', ') || 'not there'
  }
  if (kind === 'automl-job') {
    const job = await new AutoMLJobs(cloud).describe(name)
    return job ? `${job.AutoMLJobStatus} (${job.AutoMLJobSecondaryStatus})` : 'not there'
  }
  if (kind === 'training-job') {
    const job = await describeJob(cloud, name)
    return job ? `${job.TrainingJobStatus} (${job.SecondaryStatus})${waits(job) ? ', its instance waits' : ''}` : 'not there' // prettier-ignore
  }
  const found = await describe(cloud, kind, name)
  if (!found) return 'not there'
  return kind === 'endpoint' ? `${String(found['EndpointStatus'])}, paid for by the hour` : 'there'
}

/** What costs most goes first; jobs before their files, because what still runs would write again. */
const ORDER: readonly Kind[] = ['endpoint', 'training-job', 'endpoint-config', 'model', 'automl-job', 'object', 'prefix'] // prettier-ignore

/**
 * Stops what runs and deletes endpoints, their parts and the files: those that were sent, and those under the prefix that was made for
 * this experiment. Nothing else is touched. Records of jobs cannot be deleted in the service, and cost nothing.
 */
export async function cloudClean(folder: string, open = openAt): Promise<CloudItem[]> {
  const ledger = openLedger(ledgerPath(folder))
  const done: CloudItem[] = []
  for (const entry of ledger.entries.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))) {
    done.push({ ...entry, state: await end(open(entry.region), entry) })
    ledger.strike(entry)
  }
  return done
}

function end(cloud: Cloud, entry: LedgerEntry): Promise<string> {
  const { kind, name } = entry
  switch (kind) {
    case 'automl-job':
      return stop(cloud, name)
    case 'training-job':
      return stopTraining(cloud, name)
    case 'object':
    case 'prefix':
      return remove(cloud, entry)
    case 'model':
      return discard(cloud, kind, name, ['DeleteModel', { ModelName: name }])
    case 'endpoint-config':
      return discard(cloud, kind, name, ['DeleteEndpointConfig', { EndpointConfigName: name }])
    case 'endpoint':
      return discard(cloud, kind, name, ['DeleteEndpoint', { EndpointName: name }])
  }
}

/** Deletes and waits until it is gone. An endpoint that is being made can refuse for a while. */
async function discard(
  cloud: Cloud,
  kind: Part,
  name: string,
  call: readonly [string, object],
): Promise<string> {
  for (let asked = false; ; await pause()) {
    const found = await describe(cloud, kind, name)
    if (!found) return asked ? 'deleted' : 'was not there'
    const status = found['EndpointStatus']
    if (asked && status === 'Deleting') continue
    try {
      await cloud.call(...call).catch(ifGone)
      asked = true
    } catch (error) {
      const isChanging = ['Creating', 'Updating', 'SystemUpdating', 'RollingBack'].includes(String(status))
      if (!isChanging || !(error instanceof CloudError)) throw error
    }
  }
}

async function stop(cloud: Cloud, name: string): Promise<string> {
  const jobs = new AutoMLJobs(cloud)
  for (let asked = false; ; await pause()) {
    const job = await jobs.describe(name)
    if (!job) return 'was not there'
    if (!['InProgress', 'Stopping'].includes(job.AutoMLJobStatus)) return asked ? 'stopped' : 'had ended'
    if (!asked) await jobs.stop(name)
    asked = true
  }
}

/** An instance that is kept for more work is given back. */
async function stopTraining(cloud: Cloud, name: string): Promise<string> {
  for (let asked = false; ; await pause()) {
    const job = await describeJob(cloud, name)
    if (!job) return 'was not there'
    if (!hasEnded(job)) {
      if (!asked) await stopJob(cloud, name)
      asked = true
      continue
    }
    if (!waits(job)) return asked ? 'stopped' : 'had ended'
    const ResourceConfig = { KeepAlivePeriodInSeconds: 0 }
    await cloud.call('UpdateTrainingJob', { TrainingJobName: name, ResourceConfig })
    return 'instance given back'
  }
}

/** Uploads are aborted before: one that was completed meanwhile would leave an object. */
async function remove(cloud: Cloud, { kind, name }: LedgerEntry): Promise<string> {
  const begun = await unfinished(cloud, { kind, name })
  for (const upload of begun ?? []) await cloud.abort(upload).catch(ifGone)
  const found = kind === 'prefix' ? await cloud.list(`${name}/`).catch(ifGone) : [name]
  for (const uri of found ?? []) await cloud.remove(uri)
  const aborted = begun
    ? counted(begun.length, 'unfinished upload', ' aborted')
    : 'unfinished uploads may not be listed'
  return [`${found?.length ?? 0} deleted`, aborted].filter(part => part).join(', ')
}

/** Uploads in parts that were begun under an entry; undefined where they may not be looked for. */
async function unfinished(
  cloud: Cloud,
  { kind, name }: Pick<LedgerEntry, 'kind' | 'name'>,
): Promise<readonly Unfinished[] | undefined> {
  try {
    const found = (await cloud.unfinished(kind === 'prefix' ? `${name}/` : name).catch(ifGone)) ?? []
    return kind === 'prefix' ? found : found.filter(({ uri }) => uri === name)
  } catch (error) {
    if (error instanceof CloudError && [403, 405, 501].includes(error.status)) return undefined
    throw error
  }
}

const counted = (count: number, what: string, then = ''): string =>
  count === 0 ? '' : `${count} ${what}${count > 1 ? 's' : ''}${then}`

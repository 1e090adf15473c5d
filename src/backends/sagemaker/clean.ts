import { CloudError, openCloud, placeFrom, type Cloud } from './client.ts'
import { openLedger, type LedgerEntry } from './ledger.ts'
import { ledgerPath } from './run.ts'

export interface CloudItem extends LedgerEntry {
  /** What it is now. */
  readonly state: string
}

const openAt = (region: string): Cloud => openCloud(placeFrom(region))

/** Everything that was made for an experiment, and how it is now. */
export function cloudStatus(folder: string, open = openAt): Promise<CloudItem[]> {
  const { entries } = openLedger(ledgerPath(folder))
  return Promise.all(
    entries.map(async entry => ({ ...entry, state: await stateOf(open(entry.region), entry) })),
  )
}

async function stateOf(cloud: Cloud, { kind, name }: LedgerEntry): Promise<string> {
  if (kind === 'automl-job') {
    const job = await cloud.call('DescribeAutoMLJobV2', { AutoMLJobName: name }).catch(ifGone)
    return job
      ? `${String(job['AutoMLJobStatus'])} (${String(job['AutoMLJobSecondaryStatus'])})`
      : 'not there'
  }
  const found = await cloud.list(kind === 'prefix' ? `${name}/` : name).catch(ifGone)
  return found && found.length > 0 ? `${found.length} object${found.length > 1 ? 's' : ''}` : 'not there'
}

/**
 * Stops what runs and deletes the files: those that were sent, and those under the prefix that was made for this experiment. Nothing else
 * is touched. Records of jobs cannot be deleted in the service, and cost nothing.
 */
export async function cloudClean(folder: string, open = openAt): Promise<CloudItem[]> {
  const ledger = openLedger(ledgerPath(folder))
  const done: CloudItem[] = []
  // Jobs first: what still runs would write again.
  for (const entry of ledger.entries.toSorted(
    (a, b) => Number(b.kind === 'automl-job') - Number(a.kind === 'automl-job'),
  )) {
    const cloud = open(entry.region)
    done.push({
      ...entry,
      state: entry.kind === 'automl-job' ? await stop(cloud, entry.name) : await remove(cloud, entry),
    })
    ledger.strike(entry)
  }
  return done
}

async function stop(cloud: Cloud, name: string): Promise<string> {
  for (let asked = false; ;) {
    const job = await cloud.call('DescribeAutoMLJobV2', { AutoMLJobName: name }).catch(ifGone)
    if (!job) return 'was not there'
    if (!['InProgress', 'Stopping'].includes(String(job['AutoMLJobStatus'])))
      return asked ? 'stopped' : 'had ended'
    if (!asked) await cloud.call('StopAutoMLJob', { AutoMLJobName: name })
    asked = true
    await new Promise(done => setTimeout(done, 1000))
  }
}

async function remove(cloud: Cloud, { kind, name }: LedgerEntry): Promise<string> {
  const found = kind === 'prefix' ? await cloud.list(`${name}/`).catch(ifGone) : [name]
  for (const uri of found ?? []) await cloud.remove(uri)
  return `${found?.length ?? 0} deleted`
}

function ifGone(error: unknown): undefined {
  if (error instanceof CloudError && /^(ResourceNotFound|NoSuchKey|NoSuchBucket|NotFound)/.test(error.type))
    return undefined
  throw error
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openTrainingJobs } from '../../../src/backends/sagemaker-training/executor.ts'
import { trainingRefusals, trainingSettings } from '../../../src/backends/sagemaker-training/settings.ts'
import { cloudClean, cloudStatus } from '../../../src/backends/sagemaker/clean.ts'
import { CloudError, type Cloud } from '../../../src/backends/sagemaker/client.ts'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { FORMAT_VERSION } from '../../../src/experiment/format.ts'
import { identityOf, type TrialJob, type TrialTime } from '../../../src/experiment/executor.ts'
import { prepareExperiment } from '../../../src/experiment/prepare.ts'
import { createStore, definitionHash, type Store } from '../../../src/experiment/store.ts'
import { defaults } from '../../../src/params/space.ts'
import { packTarGz } from '../../../src/util/tar.ts'
import { temporaryFolder, writeTable } from '../../helpers/cli.ts'
import { ROLE } from '../../api/client.ts'

vi.hoisted(() => vi.stubEnv('GLASSPILOT_POLL_MS', '10'))

const folder = temporaryFolder()
const FREE: TrialTime = { softSeconds: Infinity, hardSeconds: 3600 }
let opened = 0
let store: Store
let job: (id: number) => TrialJob
const stores: Store[] = []
afterAll(() => stores.forEach(store => store.close()))
beforeAll(() => writeTable(join(folder, 'train.csv'), 'binary', 60))
beforeEach(async () => {
  const cloud = { role: ROLE, storage: 's3://lake/x', region: 'eu-west-1', image: 'a.b/glasspilot:1' }
  store = createStore(
    join(folder, `out-${opened++}`),
    { name: 'churn', data: join(folder, 'train.csv'), target: 'y', mode: 'hpo', maxCandidates: 9, seed: 1, workers: 2, backend: 'sagemaker-training', definitionsOnly: false, cloud }, // prettier-ignore
    '0.0.0',
  )
  stores.push(store)
  const { candidates, objective } = await prepareExperiment(store, () => {})
  const candidate = candidates[0]!
  job = id => ({
    request: { id, candidate: candidate.name, definition: definitionHash(candidate), params: defaults(candidate.space), seed: id }, // prettier-ignore
    candidate,
    objective,
  })
})

interface Job {
  readonly request: Record<string, never>
  asked: number
  stopped: boolean
}

/** A service whose jobs go through those statuses, by how often they were asked about. */
function service(fate: (name: string, job: Job) => object) {
  const jobs = new Map<string, Job>()
  const objects = new Map<string, string>()
  const told: string[] = []
  const refused: string[] = []
  const cloud: Cloud = {
    ...({} as Cloud),
    put: async (uri, from) => void objects.set(uri, 'text' in from ? from.text : 'file'),
    get: async uri => {
      const [, id] = /-t(\d{4})/.exec(uri)!
      const trial = { ...identityOf(job(Number(id))), state: 'COMPLETE', metrics: { F1: 0.5 } }
      const text = (value: object) => Buffer.from(JSON.stringify(value))
      return packTarGz([
        { name: 'result.json', bytes: text({ trial }) },
        { name: 'outputs.bin', bytes: Buffer.from('o') },
        { name: 'pipeline.bin', bytes: Buffer.from('p') },
        { name: 'trial.json', bytes: text({ formatVersion: FORMAT_VERSION, trial }) },
        { name: '../../evil', bytes: Buffer.from('no') },
      ])
    },
    list: async prefix => [...objects.keys()].filter(uri => uri.startsWith(prefix)),
    remove: async uri => void objects.delete(uri),
    unfinished: async () => [],
    call: async (operation, request) => {
      const { TrainingJobName: name } = request as { TrainingJobName: string }
      told.push(`${operation} ${name.replace(/^.*-t/, 't')}`)
      if (operation === 'CreateTrainingJob') {
        const why = refused.shift()
        if (why !== undefined) throw new CloudError(why, 'not now', 400, '')
        jobs.set(name, { request: request as never, asked: 0, stopped: false })
        return {}
      }
      const found = jobs.get(name)
      if (!found) throw new CloudError('ValidationException', 'Requested resource not found.', 400, '')
      if (operation === 'StopTrainingJob') found.stopped = true
      if (operation !== 'DescribeTrainingJob') return {}
      found.asked++
      return {
        TrainingJobStatus: 'InProgress',
        SecondaryStatus: 'Training',
        ModelArtifacts: { S3ModelArtifacts: `s3://lake/${name}` },
        ...(found.stopped && { TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' }),
        ...(!found.stopped && fate(name, found)),
      }
    },
  }
  return { cloud, jobs, objects, told, refused }
}

const COMPLETED = { TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' }
const done = () => COMPLETED
const never = () => ({})
const ledgerOf = () => openLedger(join(store.paths.folder, 'cloud.jsonl')).entries
const options = (time = FREE) => ({ time: () => time, onStart: () => {} })

describe('an executor of training jobs', () => {
  it('sends the data once, and the trial with each job; the ledger keeps the files only', async () => {
    const { cloud, jobs, objects } = service(done)
    const executor = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    const trials = await Promise.all([0, 1, 2].map(id => executor.submit(job(id), options())))
    expect(trials.map(({ state, id }) => [state, id])).toEqual([0, 1, 2].map(id => ['COMPLETE', id]))
    expect(readFileSync(join(store.paths.trial(2), 'pipeline.bin'), 'utf8')).toBe('p')
    const [prefix, ...more] = ledgerOf()
    expect([prefix!.kind, more]).toEqual(['prefix', []])
    expect([...objects.keys()].every(uri => uri.startsWith(`${prefix!.name}/`))).toBe(true)
    expect([...objects.keys()].filter(uri => uri.endsWith('/split.bin'))).toHaveLength(1)
    const [name, { request }] = [...jobs][0]!
    expect(name).toMatch(/^churn-[0-9a-f]{8}-t0000$/)
    expect(request).toMatchObject({
      HyperParameters: { trial: '0' },
      ResourceConfig: { InstanceCount: 1, InstanceType: 'ml.m5.xlarge' },
      StoppingCondition: { MaxRuntimeInSeconds: 4200 },
    })
    await executor.close()
  })

  it('runs no more jobs at once than it may', async () => {
    let [now, most] = [0, 0]
    const { cloud } = service((_, { asked }) => {
      if (asked === 1) most = Math.max(most, ++now)
      if (asked < 3) return {}
      now--
      return COMPLETED
    })
    const executor = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    await Promise.all([0, 1, 2, 3, 4].map(id => executor.submit(job(id), options())))
    expect(most).toBe(2)
    await executor.close()
  }, 60_000)

  it('begins a trial again when the service failed, not when the container says why it cannot', async () => {
    const { cloud, jobs } = service((name, { asked }) =>
      asked === 1 && name.endsWith('-t0000')
        ? { TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed', FailureReason: 'InternalServerError: sorry' } // prettier-ignore
        : name.endsWith('-t0001')
          ? { TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed', FailureReason: 'AlgorithmError: the image holds no Glasspilot, exit code: 1' } // prettier-ignore
          : COMPLETED,
    )
    const executor = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    const trials = await Promise.all([0, 1].map(id => executor.submit(job(id), options())))
    expect(trials.map(({ state }) => state)).toEqual(['COMPLETE', 'FAILED'])
    expect(trials[1]!.reason).toContain('holds no Glasspilot')
    expect([...jobs.keys()].map(name => name.replace(/^.*-t/, 't')).sort()).toEqual([
      't0000',
      't0000-2',
      't0001',
    ])
    await executor.close()
  })

  it('waits for a free instance where the account allows no more, and says so', async () => {
    let isFree = false
    const { cloud, refused, told } = service(() => (isFree ? COMPLETED : {}))
    const notes: string[] = []
    const tell = (text: string) => {
      notes.push(text)
      isFree = notes.length === 2
    }
    const executor = openTrainingJobs(store, tell, () => cloud)
    refused.push('ResourceLimitExceeded')
    await expect(executor.submit(job(0), options())).rejects.toMatchObject({ type: 'ResourceLimitExceeded' })
    expect(ledgerOf().map(({ kind }) => kind)).toEqual(['prefix'])
    expect(notes).toEqual([])
    const first = executor.submit(job(1), options())
    while (told.at(-1) !== 'DescribeTrainingJob t0001' || !told.includes('CreateTrainingJob t0001'))
      await new Promise(done => setTimeout(done, 5))
    refused.push('ResourceLimitExceeded', 'ResourceLimitExceeded')
    const both = await Promise.all([first, executor.submit(job(2), options())])
    expect(both.map(({ state }) => state)).toEqual(['COMPLETE', 'COMPLETE'])
    expect(notes[0]).toMatch(/-t0002 waits until another instance is free/)
    await executor.close()
  })

  it('ends a job that outstays its time, and those that run when all is to stop', async () => {
    const { cloud, told } = service(never)
    const executor = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    const late = await executor.submit(job(0), options({ softSeconds: 1, hardSeconds: 0 }))
    expect([late.state, late.reason]).toEqual(['TIMEOUT', 'did not finish in its time'])
    const running = [1, 2, 3].map(id => executor.submit(job(id), options()))
    while (!told.includes('DescribeTrainingJob t0002')) await new Promise(done => setTimeout(done, 5))
    await executor.stop(1)
    expect((await Promise.all(running)).map(({ state, reason }) => [state, reason])).toEqual([
      ['STOPPED', 'stopped before it finished'],
      ['STOPPED', 'stopped before it finished'],
      ['STOPPED', 'never started'],
    ])
    expect(told.filter(call => call.startsWith('Stop')).sort()).toEqual([
      'StopTrainingJob t0000',
      'StopTrainingJob t0001',
      'StopTrainingJob t0002',
    ])
    expect(told.some(call => call === 'CreateTrainingJob t0003')).toBe(false)
    await executor.close()
  })

  it('a client that comes back takes what jobs did meanwhile, and makes anew what was stopped', async () => {
    const { cloud, jobs, told } = service((_, { asked }) => (asked > 1 ? COMPLETED : {}))
    const first = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    const abandoned = first.submit(job(0), options())
    while (jobs.size === 0) await new Promise(done => setTimeout(done, 5))
    const second = openTrainingJobs(
      store,
      () => {},
      () => cloud,
    )
    expect((await second.submit(job(0), options())).state).toBe('COMPLETE')
    expect(told.filter(call => call.startsWith('Create'))).toEqual(['CreateTrainingJob t0000'])
    jobs.get([...jobs.keys()][0]!)!.stopped = true
    expect((await second.submit(job(0), options())).state).toBe('COMPLETE')
    expect(told.filter(call => call.startsWith('Create')).at(-1)).toBe('CreateTrainingJob t0000-2')
    await first.close()
    await abandoned
    await second.close()
  }, 30_000)

  it('an instance that is kept stays in the ledger until it is given back', async () => {
    const told: string[] = []
    const kept: Store = { ...store, spec: { ...store.spec, cloud: { ...store.spec.cloud!, keepAliveSeconds: 600 } } } // prettier-ignore
    const { cloud } = service(() => ({ ...COMPLETED, WarmPoolStatus: { Status: 'Available' } }))
    const watched: Cloud = {
      ...cloud,
      call: (operation, request) => {
        told.push(`${operation} ${JSON.stringify(request)}`)
        return cloud.call(operation, request)
      },
    }
    const executor = openTrainingJobs(
      kept,
      () => {},
      () => watched,
    )
    await executor.submit(job(0), options())
    await executor.close()
    expect(told.find(call => call.startsWith('Create'))).toContain('"KeepAlivePeriodInSeconds":600')
    const states = await cloudStatus(store.paths.folder, () => watched)
    expect(states.map(({ kind, state }) => [kind, state])).toContainEqual([
      'training-job',
      'Completed (Completed), its instance waits',
    ])
    const cleaned = await cloudClean(store.paths.folder, () => watched)
    expect(cleaned[0]).toMatchObject({ kind: 'training-job', state: 'instance given back' })
    expect(told.at(-1)).toBeDefined()
    expect(told.find(call => call.startsWith('Update'))).toContain('"KeepAlivePeriodInSeconds":0')
    expect(ledgerOf()).toEqual([])
  })

  it('sends the module of an objective with each trial, and takes one that needs nothing else', async () => {
    const module = join(folder, 'score.mjs')
    writeFileSync(
      module,
      "import { ok } from 'node:assert'\n// from where it lies\nexport const score = () => 1",
    )
    const { cloud, objects } = service(done)
    const scored = { ...store, spec: { ...store.spec, metricModule: module } }
    expect(trainingRefusals(scored.spec, trainingSettings(scored.spec))).toEqual([])
    const executor = openTrainingJobs(
      scored,
      () => {},
      () => cloud,
    )
    await executor.submit({ ...job(0), metricModule: module }, options())
    await executor.close()
    const names = [...objects.keys()]
      .filter(uri => uri.includes('/trials/'))
      .map(uri => uri.split('/').at(-1))
    expect(names).toEqual(['trial.json', 'objective.mjs'])
  })

  it('refuses what the service would refuse, before anything is sent', () => {
    const cloud = { role: 'me', storage: 'bucket', image: 'a b', instanceType: 'large', keepAliveSeconds: 9999 } // prettier-ignore
    const module = join(folder, 'score.js')
    writeFileSync(module, "import { help } from './help.js'\nexport const score = help")
    const spec = { ...store.spec, cloud, metricModule: module }
    const found = trainingRefusals(spec, trainingSettings(spec)).join('\n')
    for (const text of [
      '--role',
      '--s3',
      '--training-image',
      '--instance-type',
      '--keep-alive',
      'score.js',
      'imports "./help.js"',
    ])
      expect(found).toContain(text)
    const one = { ...store, spec }
    expect(() => openTrainingJobs(one, () => {})).toThrow('SageMaker would refuse this')
  })
})

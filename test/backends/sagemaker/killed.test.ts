import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { call, ROLE } from '../../api/client.ts'
import { glasspilot, writeTable, type Finished } from '../../helpers/cli.ts'
import type { Fate } from './between.ts'
import { cloudHere } from './here.ts'

// A client is killed at the worst moments: just before the service does what the ledger tells of, and just after.

const here = cloudHere()
const { folder, at } = here
const CLOUD = ['--backend', 'sagemaker', '--role', ROLE, '--s3', 's3://lake/x']
const RUN = ['run', 'train.csv', '--target', 'y', '--max-candidates', '1', '--quiet']

let env: Record<string, string> = {}
beforeAll(async () => {
  writeTable(at('train.csv'), 'binary', 600)
  await here.open()
  env = here.env
})

/** Runs a command whose request of that name is not answered; it is killed then. */
async function killedAt(
  operation: string,
  fate: Fate,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  let kill: (signal: NodeJS.Signals) => void = () => {}
  const through = await here.through((_, asked) => {
    if (asked !== operation) return 'pass'
    // The service has half a second to do it.
    setTimeout(() => kill('SIGKILL'), 500)
    return fate
  })
  return glasspilot(args, {
    cwd: folder,
    env: { ...through.env, ...more },
    onStart: signal => (kill = signal),
  })
}

/** All that is there, by kind and name. */
async function inService(): Promise<string[]> {
  const names = async (operation: string, list: string, key: string) =>
    ((await call(here.port, operation)).body[list] as Record<string, string>[]).map(item => item[key]!)
  return [
    ...(await names('ListEndpoints', 'Endpoints', 'EndpointName')).map(name => `endpoint ${name}`),
    ...(await names('ListEndpointConfigs', 'EndpointConfigs', 'EndpointConfigName')).map(
      name => `endpoint-config ${name}`,
    ),
    ...(await names('ListModels', 'Models', 'ModelName')).map(name => `model ${name}`),
  ]
}
const running = async () =>
  ((await call(here.port, 'ListAutoMLJobs')).body['AutoMLJobSummaries'] as Record<string, string>[])
    .filter(({ AutoMLJobStatus }) => AutoMLJobStatus === 'InProgress')
    .map(({ AutoMLJobName }) => `automl-job ${AutoMLJobName!}`)
const ledgered = (experiment: string) =>
  openLedger(at(experiment, 'cloud.jsonl')).entries.map(({ kind, name }) => `${kind} ${name}`)
/** Uploads in parts that were neither completed nor aborted. */
const begun = () =>
  existsSync(at('buckets', '.glasspilot', 'uploads'))
    ? readdirSync(at('buckets', '.glasspilot', 'uploads'))
    : []
const files = () =>
  readdirSync(at('buckets', 'lake'), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())

describe('a client that is killed', () => {
  it.each([
    ['the table is sent', 'PUT', 'hold'],
    ['the table was sent', 'PUT', 'done-and-hold'],
    ['a part is sent', 'PUT', 'hold'],
    ['a part was sent', 'PUT', 'done-and-hold'],
    ['the job is made', 'CreateAutoMLJobV2', 'hold'],
    ['the job was made', 'CreateAutoMLJobV2', 'done-and-hold'],
  ] as const)('when %s leaves nothing that the ledger does not know', async (when, operation, fate) => {
    const output = when.replaceAll(' ', '-')
    const inParts = when.includes('part') ? { GLASSPILOT_PART_BYTES: '4096' } : {}
    const { code } = await killedAt(operation, fate, [...RUN, '--seed', output.length.toString(), '--output', output, ...CLOUD], inParts) // prettier-ignore
    expect(code).toBe(null)
    const known = ledgered(output)
    expect(known.length).toBe(operation === 'PUT' ? 1 : 3)
    for (const job of await running()) expect(known).toContain(job)
    expect(begun().length).toBe(when.includes('part') ? 1 : 0)
    if (when === 'the job was made') {
      const resumed = await glasspilot(['resume', output, '--json', '--quiet'], { cwd: folder, env })
      expect([resumed.code, resumed.stderr]).toEqual([0, ''])
      expect(readdirSync(at('buckets', '.glasspilot', 'jobs')).length).toBe(1)
      return
    }
    expect((await glasspilot(['cloud', 'clean', output], { cwd: folder, env })).code).toBe(0)
    expect([ledgered(output), await running(), files(), begun()]).toEqual([[], [], [], []])
  })

  it('while parts of its table are sent goes on with the upload, and leaves none unfinished', async () => {
    const inParts = { GLASSPILOT_PART_BYTES: '4096' }
    const { code } = await killedAt('PUT', 'done-and-hold', [...RUN, '--seed', '83', '--output', 'parts', ...CLOUD], inParts) // prettier-ignore
    expect([code, begun().length]).toEqual([null, 1])
    const resumed = await glasspilot(['resume', 'parts', '--quiet'], { cwd: folder, env: { ...env, ...inParts } }) // prettier-ignore
    expect([resumed.code, resumed.stderr, begun()]).toEqual([0, '', []])
    const sent = readdirSync(at('buckets', 'lake', 'x'), { recursive: true, encoding: 'utf8' }).find(name => name.endsWith('train.csv'))! // prettier-ignore
    const [there, here] = [at('buckets', 'lake', 'x', sent), at('parts', 'data', 'upload.csv')]
    expect(readFileSync(there).equals(readFileSync(here))).toBe(true)
    expect((await glasspilot(['cloud', 'clean', 'parts'], { cwd: folder, env })).code).toBe(0)
  })

  it('while it deploys or cleans up leaves nothing that the ledger does not know, and goes on from there', async () => {
    const experiment = 'the-job-was-made'
    const before = ledgered(experiment)
    for (const operation of ['CreateModel', 'CreateEndpointConfig', 'CreateEndpoint']) {
      for (const fate of ['hold', 'done-and-hold'] as const) {
        const { code } = await killedAt(operation, fate, ['cloud', 'deploy', experiment, '--name', 'churn'])
        expect([operation, fate, code]).toEqual([operation, fate, null])
        const known = ledgered(experiment)
        for (const thing of await inService()) expect([operation, fate, known]).toEqual([operation, fate, expect.arrayContaining([thing])]) // prettier-ignore
      }
    }
    expect((await inService()).length).toBe(3)
    const { code } = await glasspilot(['cloud', 'deploy', experiment, '--name', 'churn'], { cwd: folder, env }) // prettier-ignore
    expect(code).toBe(0)
    expect(ledgered(experiment).length).toBe(before.length + 3)
    for (const fate of ['hold', 'done-and-hold'] as const) {
      expect((await killedAt('DeleteModel', fate, ['cloud', 'clean', experiment])).code).toBe(null)
      expect(ledgered(experiment)).toContain('model churn')
    }
    expect((await glasspilot(['cloud', 'clean', experiment], { cwd: folder, env })).code).toBe(0)
    expect([ledgered(experiment), await inService(), files()]).toEqual([[], [], []])
  })
})

describe('credentials that expire in the middle', () => {
  const keys = (id: string) =>
    writeFileSync(at('credentials'), `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\n`)
  const expiring = async (renew: boolean) => {
    const seen: string[] = []
    const through = await here.through((_, operation, { headers }) => {
      const [, id = ''] = /Credential=(\w+)/.exec(headers.authorization ?? '') ?? []
      seen.push(`${id} ${operation}`)
      const isOld = id === 'AKIAOLD' && seen.some(line => line.includes('CreateAutoMLJobV2'))
      if (isOld && renew) keys('AKIANEW')
      return isOld && !seen.at(-1)!.includes('Create') ? { type: 'ExpiredTokenException' } : 'pass'
    })
    keys('AKIAOLD')
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
    return { seen, env: { ...through.env, ...none, AWS_SHARED_CREDENTIALS_FILE: at('credentials') } }
  }

  it('are read anew, and the experiment goes on', async () => {
    const { seen, env } = await expiring(true)
    const { code, stderr } = await glasspilot([...RUN, '--definitions-only', '--seed', '81', '--output', 'renewed', ...CLOUD], { cwd: folder, env }) // prettier-ignore
    expect([code, stderr]).toEqual([0, ''])
    expect(seen.some(line => line.startsWith('AKIANEW Describe'))).toBe(true)
  })

  it('and are not renewed: it says so, and is resumed with others; the job was made once', async () => {
    const { env: expired } = await expiring(false)
    const ended = await glasspilot([...RUN, '--seed', '82', '--output', 'expired', ...CLOUD], { cwd: folder, env: expired }) // prettier-ignore
    expect([ended.code, ended.stderr]).toEqual([69, expect.stringContaining('ExpiredToken')])
    const jobs = readdirSync(at('buckets', '.glasspilot', 'jobs')).length
    const resumed = await glasspilot(['resume', 'expired', '--quiet'], { cwd: folder, env })
    expect([resumed.code, resumed.stderr]).toEqual([0, ''])
    expect(readdirSync(at('buckets', '.glasspilot', 'jobs')).length).toBe(jobs)
    expect(readFileSync(at('expired', 'events.jsonl'), 'latin1')).not.toContain('AKIAOLD')
  })
})

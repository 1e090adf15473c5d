import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cloudClean, cloudStatus } from '../../../src/backends/sagemaker/clean.ts'
import { putCalls } from '../../../src/backends/sagemaker/calls.ts'
import { openCloud, type Cloud } from '../../../src/backends/sagemaker/client.ts'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { PART_BYTES, partSize } from '../../../src/backends/sagemaker/multipart.ts'
import { apiFor } from '../../api/client.ts'
import { temporaryFolder } from '../../helpers/cli.ts'
import { between, type Fate } from './between.ts'
import { complaintsOfBotocore, hasBotocore } from './botocore.ts'
import { hasMoto, startMoto } from './moto.ts'

const folder = temporaryFolder()
const start = apiFor()
const at = (...parts: string[]) => join(folder, ...parts)
const PART = 1000
const URI = 's3://lake/x/table & co.csv'
const others: Server[] = []
const ends: (() => void)[] = []
afterAll(() => {
  others.forEach(server => server.close())
  ends.forEach(end => end())
})

/** Bytes that are other ones for every seed. */
const noise = (seed: number, bytes: number): Buffer => {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest()) // prettier-ignore
  return Buffer.concat(blocks).subarray(0, bytes)
}

const open = (port: number): Cloud => {
  const url = `http://127.0.0.1:${port}`
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
  return openCloud({ region: 'us-east-1', sagemaker: url, s3: url }, { credentials, partBytes: PART, firstDelayMs: 1 }) // prettier-ignore
}

const servers = [
  {
    name: 'the control plane here',
    isThere: true,
    begin: async () => {
      mkdirSync(at('buckets', 'lake'), { recursive: true })
      return (await start(at('buckets'))).port
    },
  },
  {
    name: 'moto (skipped without it; pip install "moto[server]")',
    isThere: hasMoto,
    begin: async () => {
      const moto = await startMoto({ S3_UPLOAD_PART_MIN_SIZE: String(PART) })
      ends.push(moto.end)
      await open(moto.port).put('s3://lake/', { text: '' })
      return moto.port
    },
  },
]

/** Kinds of requests, told by method and query. */
const kindOf = (method: string, url = ''): string =>
  [method, /[?&](uploads|partNumber|uploadId)\b/.exec(url)?.[1]].filter(part => part).join(' ')

for (const { name, isThere, begin } of servers)
  describe.skipIf(!isThere)(`a large file, sent to ${name}`, () => {
    let port = 0
    beforeAll(async () => void (port = await begin()), 60_000)

    /** A client through a place where requests are spoilt, and what it asked for. */
    async function through(spoil: (kind: string, count: number) => Fate) {
      const asked: string[] = []
      const proxy = between(
        () => port,
        (_, method, { url }) => {
          const kind = kindOf(method, url)
          return spoil(kind, asked.push(kind))
        },
      )
      others.push(proxy.server)
      return { cloud: open(await proxy.port), asked }
    }
    const file = (seed: number, bytes: number): { file: string } => {
      writeFileSync(at(`${seed}.bin`), noise(seed, bytes))
      return { file: at(`${seed}.bin`) }
    }
    const left = () => open(port).unfinished('s3://lake/')

    it('goes up in parts when it is larger than one, and arrives as it was', async () => {
      for (const [seed, bytes, parts] of [
        [1, PART, 0],
        [2, PART + 1, 2],
        [3, 5 * PART, 5],
      ] as const) {
        // prettier-ignore
        const { cloud, asked } = await through(() => 'pass')
        await cloud.put(URI, file(seed, bytes))
        expect(asked.filter(kind => kind === 'PUT partNumber')).toHaveLength(parts)
        expect(asked.filter(kind => kind === 'PUT')).toHaveLength(parts === 0 ? 1 : 0)
        expect((await cloud.get(URI)).equals(noise(seed, bytes))).toBe(true)
      }
      expect(await left()).toEqual([])
    })

    it('arrives through throttling, failures and cut connections, and leaves no unfinished upload', async () => {
      const fates: readonly Fate[] = [400, 'pass', 500, 'cut', 'pass', 'done-and-cut']
      const { cloud, asked } = await through((_, count) => fates[count % fates.length]!)
      await cloud.put(URI, file(4, 4 * PART + 7))
      expect((await open(port).get(URI)).equals(noise(4, 4 * PART + 7))).toBe(true)
      expect(await left()).toEqual([])
      expect(asked.length).toBeGreaterThan(12)
    })

    it.each(['POST uploads', 'PUT partNumber', 'POST uploadId'])(
      'is there once when the answer to %s is lost',
      async lost => {
        let isLost = false
        const { cloud } = await through(kind => {
          if (kind !== lost || isLost) return 'pass'
          isLost = true
          return 'done-and-cut'
        })
        await cloud.put(URI, file(5, 3 * PART))
        expect([isLost, (await open(port).get(URI)).equals(noise(5, 3 * PART)), await left()]).toEqual([true, true, []]) // prettier-ignore
      },
    )

    it('is gone on with by the next client, which sends only what is not there as it should be', async () => {
      const first = await through((kind, count) => (kind === 'PUT partNumber' && count > 6 ? { type: 'AccessDenied' } : 'pass')) // prettier-ignore
      await expect(first.cloud.put(URI, file(6, 6 * PART))).rejects.toMatchObject({ type: 'AccessDenied' })
      const sent = first.asked.filter(kind => kind === 'PUT partNumber').length - 1
      expect(sent).toBeGreaterThan(1)
      expect(await left()).toMatchObject([{ uri: URI }])
      // The first part is another one now.
      const changed = noise(6, 6 * PART)
      changed[0]! ^= 1
      writeFileSync(at('6.bin'), changed)
      const { cloud, asked } = await through(() => 'pass')
      await cloud.put(URI, { file: at('6.bin') })
      expect(asked.filter(kind => kind === 'PUT partNumber')).toHaveLength(6 - sent + 1)
      expect((await cloud.get(URI)).equals(changed)).toBe(true)
      expect(await left()).toEqual([])
    })

    it('goes up whole where only writing is allowed', async () => {
      const { cloud, asked } = await through(kind =>
        kind.startsWith('GET') ? { type: 'AccessDenied', status: 403 } : 'pass',
      )
      await cloud.put(URI, file(8, 2 * PART))
      expect((await open(port).get(URI)).equals(noise(8, 2 * PART))).toBe(true)
      expect([asked.filter(kind => kind === 'GET uploads').length, await left()]).toEqual([2, []])
    })

    it('is known to the ledger while it is unfinished, and cloud clean aborts it, and none of others', async () => {
      const names = [
        { kind: 'object', name: 's3://lake/run/input/train.csv', region: 'us-east-1' },
        { kind: 'prefix', name: 's3://lake/run/data', region: 'us-east-1' },
      ] as const
      const theirs = 's3://lake/run/input/train.csv2'
      mkdirSync(at(String(port)), { recursive: true })
      const mine = openLedger(at(String(port), 'cloud.jsonl'))
      for (const entry of names) mine.add(entry)
      const { cloud } = await through(kind => (kind === 'POST uploadId' ? { type: 'AccessDenied' } : 'pass'))
      for (const uri of [names[0].name, `${names[1].name}/a.bin`, theirs])
        await expect(cloud.put(uri, file(7, 2 * PART))).rejects.toMatchObject({ type: 'AccessDenied' })
      expect(await left()).toHaveLength(3)
      const status = await cloudStatus(at(String(port)), () => open(port))
      expect(status.map(({ state }) => state)).toEqual(['1 unfinished upload', '1 unfinished upload'])
      const cleaned = await cloudClean(at(String(port)), () => open(port))
      expect(cleaned.map(({ state }) => state)).toEqual([
        '1 deleted, 1 unfinished upload aborted',
        '0 deleted, 1 unfinished upload aborted',
      ])
      expect(await left()).toMatchObject([{ uri: theirs }])
      expect(openLedger(at(String(port), 'cloud.jsonl')).entries).toEqual([])
      for (const upload of await left()) await open(port).abort(upload)
    })
  })

describe('parts', () => {
  it('are never more than 10,000, whatever the size of the file', () => {
    for (const bytes of [1, PART_BYTES, 2 ** 40, 5 * 2 ** 40])
      expect(Math.ceil(bytes / partSize(bytes))).toBeLessThanOrEqual(10_000)
    expect(partSize(10 * PART_BYTES)).toBe(PART_BYTES)
  })

  it.skipIf(!hasBotocore)('are planned call by call (skipped where there is no botocore)', () => {
    const calls = putCalls('s3://lake/a/b.csv', 3 * PART_BYTES + 1)
    expect(calls.find(({ operation }) => operation === 'UploadPart')!.repeated).toBe('for each of 4 parts')
    expect(complaintsOfBotocore(calls)).toEqual(['', ''])
    expect(putCalls('s3://lake/a/b.csv', PART_BYTES).map(({ operation }) => operation)).toEqual(['PutObject'])
  })
})

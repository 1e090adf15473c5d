import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src/util/rng.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { ask, modelFolder, serverFor } from '../serve/models.ts'
import { cases, isFull, note, soakSeed } from './soak.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const AT_ONCE = 10
const MUTATED = cases(600, 10_000)
const STOPS = cases(1, 20)
const PATIENCE_MS = isFull ? 3_600_000 : 60_000
const temporary = temporaryFolder()
const start = serverFor()
const folder = modelFolder(temporary, 'binary learners')
const questions = readFileSync(join(folder, 'questions.csv'), 'utf8')
const children: ChildProcess[] = []
afterAll(() => children.forEach(child => child.kill('SIGKILL')))

describe('a server', () => {
  const server = start(folder, { maxBytes: 2 ** 20 })

  it(
    `answers ${MUTATED} mutated requests with 2xx, 4xx or 503 only, and tells nothing of itself`,
    async () => {
      const { port } = await server
      const started = performance.now()
      const rng = createRng(7 + soakSeed)
      const agent = new Agent({ keepAlive: true, maxSockets: 8 })
      const bodies = [
        questions.split('\n').slice(0, 3).join('\n'),
        JSON.stringify({ instances: [{ a: 1, b: 'x' }] }),
        '{"a":1}\n{"a":null}',
      ]
      const types = [
        'text/csv',
        'application/json',
        'application/jsonlines',
        'text/csv;header=absent',
        'text/csv;header=present',
      ]
      const mutate = (text: string): Buffer => {
        const bytes = Buffer.from(text)
        for (let n = rng.int(6); n >= 0; n--) bytes[rng.int(bytes.length)] = rng.int(256)
        return rng.next() < 0.2 ? bytes.subarray(0, rng.int(bytes.length)) : bytes
      }
      const seen = new Map<number, number>()
      for (let done = 0; done < MUTATED; done += AT_ONCE) {
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, () =>
            ask(port, '/invocations', {
              method: 'POST',
              body: mutate(bodies[rng.int(bodies.length)]!),
              headers: { 'content-type': types[rng.int(types.length)]! },
              agent,
            }),
          ),
        )
        for (const { status, text } of answers) {
          seen.set(status, (seen.get(status) ?? 0) + 1)
          expect(text).not.toMatch(/node_modules|\.ts:\d|\/src\/|at \w+ \(/)
        }
      }
      agent.destroy()
      const statuses = [...seen.keys()]
      expect(statuses.filter(status => status >= 300 && status < 400)).toEqual([])
      expect(statuses.filter(status => status >= 500 && status !== 503)).toEqual([])
      expect(seen.has(200) && seen.has(400)).toBe(true)
      expect((await ask(port, '/ping')).status).toBe(200)
      note({
        id: 'serving',
        what: 'mutated requests',
        cases: MUTATED,
        result: `${[...seen].map(([status, count]) => `${count} × ${status}`).join(', ')}`,
        seconds: (performance.now() - started) / 1000,
      })
    },
    PATIENCE_MS,
  )

  it(
    'starts within a second or so, and on SIGTERM under load finishes what it has taken and ends with 0',
    async () => {
      const started = performance.now()
      let answered = 0
      for (let stop = 0; stop < STOPS; stop++) answered += await stopUnderLoad(300 + 50 * stop)
      note({
        id: 'serving',
        what: 'SIGTERM under load of 16 connections',
        cases: STOPS,
        result: `${answered} answered, 0 dropped`,
        seconds: (performance.now() - started) / 1000,
      })
    },
    PATIENCE_MS,
  )
})

/** Gives how many were answered; none was let in and dropped. */
async function stopUnderLoad(afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [MAIN, 'serve', folder, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  const [line] = (await once(child.stderr!, 'data')) as [Buffer]
  const port = Number(/:(\d+) after/.exec(line.toString())![1])
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const body = questions.split('\n').slice(0, 2).join('\n')
  const results: string[] = []
  const load = { stopped: false }
  const ask = () =>
    new Promise<string>(done => {
      const outgoing = request(
        { host: '127.0.0.1', port, path: '/invocations', method: 'POST', headers: { 'content-type': 'text/csv' }, agent }, // prettier-ignore
        response => {
          response.resume()
          response.on('end', () => done(String(response.statusCode)))
        },
      )
      outgoing.on('error', error => done((error as NodeJS.ErrnoException).code ?? 'error'))
      outgoing.end(body)
    })
  const client = async () => {
    while (!load.stopped) {
      const result = await ask()
      results.push(result)
      if (result === 'ECONNREFUSED') return
    }
  }
  const clients = Promise.all(Array.from({ length: 16 }, client))
  await new Promise(done => setTimeout(done, afterMs))
  child.kill('SIGTERM')
  const killed = performance.now()
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(performance.now() - killed).toBeLessThan(isFull ? 5000 : 25_000)
  load.stopped = true
  await clients
  agent.destroy()
  // Those that came after the end were refused at the door.
  expect([...new Set(results)].sort()).toEqual(['200', 'ECONNREFUSED'])
  const answered = results.filter(result => result === '200').length
  expect(answered).toBeGreaterThan(isFull ? 50 : 0)
  return answered
}

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gbtDepthwise } from '../src/algorithms/gbt-depthwise.ts'
import { writeModel } from '../src/artifact/index.ts'
import type { Dataset } from '../src/data/dataset.ts'
import { fitTransforms } from '../src/pipeline/features.ts'
import { defaults } from '../src/params/space.ts'
import { createRng } from '../src/util/rng.ts'
import { figure } from '../src/util/text.ts'
import { benchOptions, finish, note, pythonPath, pythonVersions, ratio, type Ratio } from './harness.ts'

// One-row requests to `glasspilot serve` with a model of 200 trees, beside FastAPI with onnxruntime and the same model. The load comes
// from another process on the same machine.

const { quick, json } = benchOptions()
const SECONDS = quick ? 3 : 15
/** `-- --minutes=10` holds the steady load for so long. */
const minutes = Number(/^--minutes=(\d+(?:\.\d+)?)$/m.exec(process.argv.join('\n'))?.[1] ?? 0)
const RATE_SECONDS = minutes > 0 ? 60 * minutes : quick ? 5 : 60
const FEATURES = 20
const versions = pythonVersions(['fastapi', 'uvicorn', 'onnxruntime'])
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
const children: ChildProcess[] = []

interface Load {
  readonly requests: number
  readonly errors: number
  readonly busy: number
  /** Milliseconds to a 503. */
  readonly busyP99: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

const names = Array.from({ length: FEATURES }, (_, j) => `n${j}`)
const rng = createRng(11)

async function writeForest(): Promise<void> {
  const rows = 4000
  const columns = names.map(name => ({
    kind: 'numeric' as const,
    name,
    values: Float32Array.from({ length: rows }, () => rng.normal()),
  }))
  const dataset: Dataset = { name: 'numbers', rows, columns }
  const target = Float64Array.from({ length: rows }, (_, row) =>
    Number(columns[0]!.values[row]! * columns[1]!.values[row]! + columns[2]!.values[row]! + rng.normal() > 0),
  )
  const plan = {
    groups: [
      {
        name: 'numeric',
        columns: names,
        encode: [{ transform: 'robust-imputer', params: { strategy: 'nan' } }],
        then: [],
      },
    ],
    merged: [],
  }
  const context = { seed: 1, task: 'binary' as const, classes: 2, target }
  const { fitted, features } = fitTransforms(plan, dataset, Int32Array.from(target.keys()), context)
  const model = await gbtDepthwise.fit(
    { task: 'binary', classes: 2, features, target },
    { ...defaults(gbtDepthwise.space), num_round: 200, max_depth: 6 },
    { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1 },
  )
  const task = { task: 'binary', target: 'y', classes: ['no', 'yes'] } as const
  const column = (name: string) =>
    ({ name, kind: 'numeric', use: 'feature', reason: 'numbers', missing: [] }) as const
  writeModel(
    folder,
    {
      formatVersion: 1,
      task,
      table: { columns: names.map(column) },
      members: [{ weight: 1, transforms: fitted, model }],
    },
    { name: 'forest', metrics: {}, provenance: {} },
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Starts a server and waits for its first good /ping and prediction; gives the port and the seconds that took. */
async function start(
  command: string,
  args: (port: number) => string[],
): Promise<{ port: number; seconds: number }> {
  const port = await freePort()
  const begun = performance.now()
  const child = spawn(command, args(port), { stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: row,
    }).catch(() => undefined)
    if (response?.ok) return { port, seconds: (performance.now() - begun) / 1000 }
    if (child.exitCode !== null) throw new Error(`${command} ended early`)
    await new Promise(done => setTimeout(done, 10))
  }
}

const row = Array.from({ length: FEATURES }, () => figure(rng.normal(), 6)).join(',')
const run = promisify(execFile)

async function load(port: number, connections: number, seconds: number, rate = 0): Promise<Load> {
  const program = resolve(import.meta.dirname, 'serve-load.js')
  const args = [program, port, connections, seconds, rate, row].map(String)
  return JSON.parse((await run(process.execPath, args)).stdout) as Load
}

function show(name: string, { perSecond, p50, p99, p999, errors, busy }: Load): void {
  note(
    `${name.padEnd(46)} ${figure(perSecond, 4).padStart(8)} req/s  p50 ${figure(p50, 3)} ms  p99 ${figure(p99, 3)} ms  p99.9 ${figure(p999, 3)} ms  errors ${errors}  503 ${busy}`,
  )
}

/** How long /ping takes, several times a second, until told to stop. */
function watchPing(port: number): () => Promise<{ p99: number; failed: number }> {
  const took: number[] = []
  let failed = 0
  const watch = { isOver: false }
  const watched = (async () => {
    while (!watch.isOver) {
      const begun = performance.now()
      const answer = await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined)
      if (answer?.status === 200) took.push(performance.now() - begun)
      else failed++
      await answer?.arrayBuffer()
      await new Promise(done => setTimeout(done, 100))
    }
  })()
  return async () => {
    watch.isOver = true
    await watched
    const sorted = took.toSorted((a, b) => a - b)
    return { p99: sorted[Math.floor(0.99 * sorted.length)] ?? Infinity, failed }
  }
}

const ratios: Ratio[] = []
try {
  await writeForest()
  const ours = await start(process.execPath, port => [
    'dist/cli/main.js',
    'serve',
    folder,
    '--port',
    String(port),
  ])
  note(`first prediction ${figure(ours.seconds, 3)} s after the start`)
  const single = await load(ours.port, 1, SECONDS)
  show('1 connection', single)
  const steady = await load(ours.port, 16, RATE_SECONDS, 500)
  show(`500 req/s for ${RATE_SECONDS} s`, steady)
  const many = await load(ours.port, 50, SECONDS)
  show('50 connections', many)
  const pinged = watchPing(ours.port)
  const crowd = await load(ours.port, 400, SECONDS)
  show('400 connections: more than the queue takes', crowd)
  const ping = await pinged()
  note(
    `refused with 503 in p99 ${figure(crowd.busyP99, 3)} ms; /ping p99 ${figure(ping.p99, 3)} ms, ${ping.failed} failed`,
  )
  ratios.push(
    ratio('first prediction, seconds', ours.seconds, 1, 1),
    ratio('p99 at 500 req/s, ms', steady.p99, 10, 1),
    ratio('errors at 500 req/s', steady.errors + steady.busy, 1, 0),
    ratio('errors and failed /ping in overload', crowd.errors + ping.failed, 1, 0),
    ratio('/ping in overload, ms', ping.p99, 2000, 1),
    ratio('requests/s of 50 connections', many.perSecond, 5000, 1, true),
  )
  if (Object.keys(versions).length === 3) {
    const peer = await start(pythonPath(), port => ['bench/peers/serve.py', folder, String(port)])
    const theirs = await load(peer.port, 50, SECONDS)
    show('FastAPI, 50 connections', theirs)
    show('FastAPI, 500 req/s', await load(peer.port, 16, Math.min(10, RATE_SECONDS), 500))
    const again = await load(ours.port, 50, SECONDS)
    show('50 connections, again', again)
    ratios.push(
      ratio(
        'requests/s beside FastAPI',
        Math.min(many.perSecond, again.perSecond),
        theirs.perSecond,
        2,
        true,
      ),
    )
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
finish(ratios, versions, json)

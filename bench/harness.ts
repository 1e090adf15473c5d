import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { byteSize, figure } from '../src/util/text.ts'

/** What one run gives back: `sink` keeps the work from being optimised away; `seconds` when the run timed itself (another process). */
export interface RunResult {
  readonly sink: number
  readonly seconds?: number
  /** Quality of the result, shown beside the speed: log loss, error, rows … */
  readonly quality?: Readonly<Record<string, number>>
}

export interface Contender {
  readonly name: string
  run(): RunResult | Promise<RunResult>
}

export interface Measurement {
  readonly name: string
  /** Median over the runs. */
  readonly seconds: number
  readonly runs: readonly number[]
  readonly quality: Readonly<Record<string, number>>
}

let sink = 0

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Runs the contenders in turn, `runs` times after `warmUp` rounds that are not counted, so that a busy moment hits all alike. */
export async function interleave(
  contenders: readonly Contender[],
  { runs = 3, warmUp = 1 }: { readonly runs?: number; readonly warmUp?: number } = {},
): Promise<Measurement[]> {
  const seconds = contenders.map((): number[] => [])
  const quality: Record<string, number>[] = contenders.map(() => ({}))
  for (let round = -warmUp; round < runs; round++) {
    for (const [i, contender] of contenders.entries()) {
      const start = performance.now()
      const result = await contender.run()
      const elapsed = result.seconds ?? (performance.now() - start) / 1000
      sink += result.sink
      if (round < 0) continue
      seconds[i]!.push(elapsed)
      Object.assign(quality[i]!, result.quality)
    }
  }
  return contenders.map(({ name }, i) => ({
    name,
    seconds: median(seconds[i]!),
    runs: seconds[i]!,
    quality: quality[i]!,
  }))
}

/** One line of a bench's result: ours against a peer, and the bound it must stay under (or over, when `atLeast`). */
export interface Ratio {
  readonly name: string
  /** ours / peer. */
  readonly ratio: number
  readonly bound: number
  readonly atLeast?: boolean
  readonly ours: number
  readonly peer: number
}

export const ratio = (name: string, ours: number, peer: number, bound: number, atLeast = false): Ratio => ({
  name,
  ratio: ours / peer,
  bound,
  ...(atLeast ? { atLeast } : {}),
  ours,
  peer,
})

export interface BenchOptions {
  /** Small sizes and few runs: does it work, roughly how fast. */
  readonly quick: boolean
  readonly json: boolean
}

export const benchOptions = (args: readonly string[] = process.argv.slice(2)): BenchOptions => ({
  quick: args.includes('--quick'),
  json: args.includes('--json'),
})

/** Progress and notes go to stderr; stdout is the result alone. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`)

export const measurementLine = ({ name, seconds, runs, quality }: Measurement): string =>
  [
    `  ${name.padEnd(34)} ${figure(seconds).padStart(9)} s  (${figure(Math.min(...runs), 3)} … ${figure(Math.max(...runs), 3)})`,
    ...Object.entries(quality).map(([key, value]) => `${key} ${figure(value, 5)}`),
  ].join('  ')

/** Prints the result: JSON for programs, a table for people. */
export function finish(
  ratios: readonly Ratio[],
  versions: Readonly<Record<string, string>>,
  json: boolean,
): void {
  const machine = describeMachine()
  if (!Number.isFinite(sink)) note(`sink ${sink}`)
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ratios, machine, versions: { node: process.version, ...versions } })}\n`,
    )
    return
  }
  for (const { name, ratio, bound, atLeast, ours, peer } of ratios) {
    const kept = atLeast ? ratio >= bound : ratio <= bound
    const sign = atLeast ? '≥' : '≤'
    process.stdout.write(
      `${kept ? 'ok  ' : 'MISS'} ${name.padEnd(56)} ${figure(ratio, 3).padStart(7)}  (${sign} ${bound}; ours ${figure(ours)}, peer ${figure(peer)})\n`,
    )
  }
  process.stdout.write(`${machine}; node ${process.version}; ${Object.entries(versions).map(entry => entry.join(' ')).join(', ')}\n`) // prettier-ignore
}

export const describeMachine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${byteSize(totalmem())}, ${process.platform} ${process.arch}`

/** The Python used for peers: GLASSPILOT_PYTHON, else python3. */
export const pythonPath = (): string => process.env['GLASSPILOT_PYTHON'] ?? 'python3'

/** Version of each Python package, of those that can be imported. */
export function pythonVersions(packages: readonly string[]): Readonly<Record<string, string>> {
  const program = `import json,importlib,importlib.metadata
found={}
for name in ${JSON.stringify(packages)}:
    try:
        module=importlib.import_module(name)
        found[name]=getattr(module,'__version__',None) or importlib.metadata.version(name)
    except Exception: pass
print(json.dumps(found))`
  const result = spawnSync(pythonPath(), ['-c', program], { encoding: 'utf8' })
  return result.status === 0 ? (JSON.parse(result.stdout) as Record<string, string>) : {}
}

/** The version field of an installed npm package. */
export const npmVersion = (name: string): string =>
  (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version

export interface PythonPeer<Answer> {
  ask(request: unknown): Promise<Answer>
  close(): void
}

/** A Python program that answers one line of JSON with one line of JSON, on one thread. */
export function startPython<Answer>(
  program: string,
  environment: Readonly<Record<string, string>> = {},
): PythonPeer<Answer> {
  const child = spawn(pythonPath(), [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', ...environment },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('the Python peers ended early: see their message above')
      return JSON.parse(value) as Answer
    },
    close: () => child.stdin.end(),
  }
}

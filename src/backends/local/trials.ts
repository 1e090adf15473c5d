import { writeSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import type { Algorithm } from '../../algorithms/algorithm.ts'
import { openData, type ExperimentData } from '../../experiment/data.ts'
import { identityOf, type Race, type TrialJob } from '../../experiment/executor.ts'
import { FeatureCache, fitCandidate, RaceLost } from '../../experiment/fit-candidate.ts'
import { openStack } from '../../experiment/stack.ts'
import { layout, type Layout } from '../../experiment/store.ts'
import { clockOf, endedByDisk, leaveTrial } from '../../experiment/trial-files.ts'
import type { Trial } from '../../experiment/types.ts'
import { higherIsBetter, loadMetric } from '../../metrics/index.ts'
import { partOf } from '../../tune/observed.ts'
import { createRacing } from '../../tune/pruners/racing.ts'
import { messageOf } from '../../util/errors.ts'
import { encodeMessage, OUT_OF_MEMORY, type ToWorker } from './messages.ts'

/** A fit that used this much of its time was most likely cut short. */
const TIME_LIMITED_SHARE = 0.85
const ANSWERS = 3 // file descriptor
/** Everything else on the machine comes first. */
const NICENESS = 10

/**
 * What a worker process does: opens the data cache once and fits one trial at a time, on one thread and those that stand idle, until its
 * parent goes.
 * `argv`: folder, process id of the parent, and whether the system ends this process with it.
 */
export function serveTrials(
  algorithms: readonly Algorithm[],
  argv: readonly string[] = process.argv.slice(2),
): void {
  const [folder, parent, bound] = argv
  if (process.ppid !== Number(parent)) process.exit(0) // it died before this process was bound to it
  if (bound !== 'bound') watchParent(Number(parent))
  stepBack()
  const bench: Bench = { algorithms, paths: layout(folder!), cache: new FeatureCache(), data: undefined }
  let running: AbortController | undefined
  const commands = createInterface({ input: process.stdin })
  commands.on('line', line => {
    const message = JSON.parse(line) as ToWorker
    if (message.type === 'stop') {
      running?.abort()
      return
    }
    running = new AbortController()
    const { signal } = running
    void runTrial(bench, message, signal).then(trial => answer(trial))
  })
  // The parent is gone: nobody wants the result.
  commands.on('close', () => process.exit(0))
  // Ctrl-C reaches the whole group; only the parent decides what it means.
  process.on('SIGINT', () => {})
}

function answer(trial: Trial): void {
  const bytes = Buffer.from(encodeMessage({ type: 'done', trial }))
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(ANSWERS, bytes, offset)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

/** Ends this process when its parent dies, also while a fit keeps its only thread busy. */
function watchParent(parent: number): void {
  const code = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), 500)`
  new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref()
}

function stepBack(): void {
  try {
    if (getPriority() < NICENESS) setPriority(NICENESS)
  } catch {
    // A system without priorities.
  }
}

interface Bench {
  readonly algorithms: readonly Algorithm[]
  readonly paths: Layout
  readonly cache: FeatureCache
  data: ExperimentData | undefined
}

/** Fits one trial, leaves its files in the folder, and says how it went. */
async function runTrial(
  bench: Bench,
  { job, seconds = Infinity, spareThreads = 0 }: Extract<ToWorker, { type: 'run' }>,
  signal: AbortSignal,
): Promise<Trial> {
  const { request, candidate, objective, race, repeat } = job
  const { paths, algorithms } = bench
  const base = identityOf(job)
  try {
    const data = (bench.data ??= openData(paths))
    if (job.metricModule !== undefined) await loadMetric(job.metricModule)
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const stack = request.stack && openStack(paths, data, candidate, request.stack)
    const fitted = await fitCandidate(
      stack?.data ?? data,
      stack?.candidate ?? candidate,
      algorithm,
      request.params,
      {
        objective: objective.name,
        seed: request.seed,
        ...partOf(request),
        signal,
        seconds,
        spareThreads,
        ...(race && { isLost: isLost(race, objective) }),
        ...(repeat && {
          clock: repeat.clock,
          isLost: (scores: readonly number[]) => scores.length === repeat.folds,
        }),
      },
      bench.cache,
    )
    return leaveTrial(paths, base, {
      definition: request.definition,
      fitted: stack ? { ...fitted, pipeline: { ...fitted.pipeline, bases: stack.bases } } : fitted,
      more: {
        ...(fitted.fitSeconds > TIME_LIMITED_SHARE * seconds && { timeLimited: true }),
        memoryBytes: mostBytes(),
      },
    })
  } catch (error) {
    if (signal.aborted) return { ...base, state: 'STOPPED', reason: 'stopped before it finished' }
    const stopped = endedByDisk(base, error)
    if (stopped) return stopped
    if (error instanceof RaceLost) return pruned(base, error, bench.data!.folds.folds.length)
    if (isOutOfMemory(error))
      return { ...base, state: 'MEMOUT', reason: OUT_OF_MEMORY, memoryBytes: mostBytes() }
    return { ...base, state: 'FAILED', reason: messageOf(error) }
  }
}

/** Most memory this process has held. */
const mostBytes = (): number => process.resourceUsage().maxRSS * 1024

const isOutOfMemory = (error: unknown): boolean =>
  /out of memory|bad_?alloc|allocation (failed|size)|could not allocate|cannot allocate|Invalid (typed )?array (buffer )?length|E_TREE_MEMORY/i.test(
    `${(error as { code?: string }).code ?? ''} ${messageOf(error)}`,
  )

function isLost({ others, rivals }: Race, { name }: TrialJob['objective']) {
  const racing = createRacing(rivals)
  return (foldScores: readonly number[]) =>
    racing.shouldPrune(
      foldScores.map(score => -higherIsBetter(name, score)),
      others,
    )
}

const pruned = (
  base: Omit<Trial, 'state'>,
  { foldScores, fitSeconds, clock }: RaceLost,
  folds: number,
): Trial => ({
  ...base,
  state: 'PRUNED',
  reason: `stopped after ${foldScores.length} of ${folds} folds: worse on them, beyond doubt, than trials that are good enough`,
  foldScores,
  fitSeconds,
  ...clockOf(clock),
})

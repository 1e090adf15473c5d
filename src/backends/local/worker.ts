import process from 'node:process'
import { algorithms } from '../../algorithms/index.ts'
import type { Race, TrialJob } from '../../experiment/executor.ts'
import { openData, type ExperimentData } from '../../experiment/data.ts'
import { FeatureCache, fitCandidate, RaceLost } from '../../experiment/fit-candidate.ts'
import { layout } from '../../experiment/store.ts'
import { endedByDisk, leaveTrial } from '../../experiment/trial-files.ts'
import type { Trial } from '../../experiment/types.ts'
import { higherIsBetter, loadMetric } from '../../metrics/index.ts'
import { createRacing } from '../../tune/pruners/racing.ts'
import { messageOf } from '../../util/errors.ts'
import type { FromWorker, ToWorker } from './messages.ts'

// One of these runs per slot: it opens the data cache once and fits one trial at a time, on one thread.

/** A fit that used this much of its time was most likely cut short. */
const TIME_LIMITED_SHARE = 0.85

const paths = layout(process.argv[2]!)
const cache = new FeatureCache()
let data: ExperimentData | undefined
let running: AbortController | undefined

const send = (message: FromWorker) => process.send!(message)

/** Fits one trial, leaves its files in the folder, and says how it went. */
async function runTrial(job: TrialJob, seconds: number, signal: AbortSignal): Promise<Trial> {
  const { request, candidate, objective, race } = job
  const base = {
    id: request.id,
    candidate: candidate.name,
    algorithm: candidate.algorithm,
    params: request.params,
    seed: request.seed,
  }
  try {
    data ??= openData(paths)
    if (job.metricModule !== undefined) await loadMetric(job.metricModule)
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const fitted = await fitCandidate(
      data,
      candidate,
      algorithm,
      request.params,
      {
        objective: objective.name,
        seed: request.seed,
        signal,
        seconds,
        ...(race && { isLost: isLost(race, objective) }),
      },
      cache,
    )
    return leaveTrial(paths, base, {
      definition: request.definition,
      fitted,
      more: {
        ...(fitted.fitSeconds > TIME_LIMITED_SHARE * seconds && { timeLimited: true }),
        memoryBytes: process.resourceUsage().maxRSS * 1024,
      },
    })
  } catch (error) {
    if (signal.aborted) return { ...base, state: 'STOPPED', reason: 'stopped before it finished' }
    const stopped = endedByDisk(base, error)
    if (stopped) return stopped
    if (error instanceof RaceLost) return pruned(base, error, data!.folds.folds.length)
    if (
      error instanceof RangeError &&
      /allocation|Array buffer|Invalid typed array length/i.test(error.message)
    ) {
      return { ...base, state: 'MEMOUT', reason: `asked for more memory than there is: ${error.message}` }
    }
    return { ...base, state: 'FAILED', reason: messageOf(error) }
  }
}

function isLost({ others, rivals }: Race, { name }: TrialJob['objective']) {
  const racing = createRacing(rivals)
  return (foldScores: readonly number[]) =>
    racing.shouldPrune(
      foldScores.map(score => -higherIsBetter(name, score)),
      others,
    )
}

const pruned = (base: Omit<Trial, 'state'>, { foldScores, fitSeconds }: RaceLost, folds: number): Trial => ({
  ...base,
  state: 'PRUNED',
  reason: `stopped after ${foldScores.length} of ${folds} folds: worse on them, beyond doubt, than trials that are good enough`,
  foldScores,
  fitSeconds,
})

process.on('message', (message: ToWorker) => {
  if (message.type === 'stop') {
    running?.abort()
    return
  }
  running = new AbortController()
  void runTrial(message.job, message.seconds, running.signal).then(trial => send({ type: 'done', trial }))
})
// The parent is gone: nobody wants the result.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; only the parent decides what it means.
process.on('SIGINT', () => {})
send({ type: 'ready' })

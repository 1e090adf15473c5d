import process from 'node:process'
import type { Store } from '../experiment/store.ts'
import { runJob, type JobResult } from '../job/job.ts'
import { EXIT, InputError } from '../util/errors.ts'
import { figure } from '../util/text.ts'
import { endScreen } from './end-screen.ts'
import type { CommandInput } from './command.ts'
import type { Output } from './output.ts'
import { showProgress } from './progress.ts'

/** Runs the job of an opened folder while somebody watches; the first signal stops it in order, the second at once. */
export async function watchJob(
  store: Store,
  options: CommandInput['options'],
  output: Output,
): Promise<number> {
  const quiet = options['quiet'] === true
  const progress = showProgress(
    output,
    store.spec.replay === undefined ? store.spec.budgetSeconds : undefined,
    quiet,
  )
  const stop = new AbortController()
  let exitCode: number = EXIT.ok
  const onSignal = (signal: NodeJS.Signals) => {
    const code = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangup }[
      signal as 'SIGINT'
    ]
    if (stop.signal.aborted) process.exit(code)
    exitCode = code
    if (!quiet) output.note('\nstopping: running trials get 10 s to end (once more to stop at once)')
    stop.abort(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  let result: JobResult
  try {
    result = await runJob(store, { emit: progress.emit, signal: stop.signal })
  } catch (error) {
    store.discardUnused()
    throw error
  } finally {
    progress.end()
    for (const signal of signals) process.off(signal, onSignal)
    store.close()
  }
  if (options['json']) output.print(JSON.stringify(result))
  else endScreen(result, output)
  if (result.replay?.same && !(result.replay.same.leaderboard && result.replay.same.model))
    throw differs(result)
  if (options['strict'] === true && result.verdict?.isBetter === false) throw noBetter(result)
  return exitCode
}

const differs = ({ replay }: JobResult): InputError => {
  const { leaderboard, model } = replay!.same!
  const what = [leaderboard ? [] : 'leaderboard.csv', model ? [] : 'model.onnx'].flat().join(' and ')
  return new InputError(
    'E_REPLAY_DIFFERS',
    `${what} of the replay differ from those of ${replay!.of}: expected the same bytes; use the same version of Glasspilot and of onnxruntime on the same kind of processor`,
    { exit: 'alert' },
  )
}

const noBetter = ({ objective, best, verdict }: JobResult): InputError =>
  new InputError(
    'E_NO_BETTER_THAN_BASELINE',
    `the best model has ${objective.name} ${figure(best!.score, 5)}, no better than the baseline (p = ${figure(verdict!.p, 2)}): --strict expects p < 0.05 and a better score than a constant answer; add columns or rows that bear on the target`,
    { exit: 'noBetterThanBaseline' },
  )

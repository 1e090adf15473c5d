import type { Store } from '../experiment/store.ts'
import { runJob, type JobResult } from '../job/job.ts'
import { GlasspilotError, InputError } from '../util/errors.ts'
import { figure } from '../util/text.ts'
import { endScreen } from './end-screen.ts'
import type { CommandInput } from './command.ts'
import type { Output } from './output.ts'
import { shortPath } from './paths.ts'
import { showProgress } from './progress.ts'
import { listenForSignals } from './signals.ts'

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
  const stop = listenForSignals(text => quiet || output.note(text))
  let result: JobResult
  try {
    result = await runJob(store, { emit: progress.emit, signal: stop.signal })
    await stop.heard()
  } catch (error) {
    if (stop.signal.aborted && error instanceof GlasspilotError && error.code === 'E_STOPPED') {
      tellStopped(store.paths.folder, options, output)
      return stop.code()
    }
    store.discardUnused()
    throw error
  } finally {
    progress.end()
    stop.release()
    store.close()
  }
  if (options['json']) output.print(JSON.stringify(result))
  else endScreen(result, output)
  if (result.replay?.same && !(result.replay.same.leaderboard && result.replay.same.model))
    throw differs(result)
  if (options['strict'] === true && result.verdict?.isBetter === false) throw noBetter(result)
  return stop.code()
}

/** Stopped before anything was trained. */
function tellStopped(folder: string, options: CommandInput['options'], { print }: Output): void {
  if (options['json']) print(JSON.stringify({ experiment: folder, stopped: true }))
  else print(`Stopped before training began.\nResume with: glasspilot resume ${shortPath(folder)}`)
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

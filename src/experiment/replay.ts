import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { followModel } from './anytime.ts'
import type { Executor, Repeat } from './executor.ts'
import type { TrialRequest } from './journal.ts'
import { withEnsemble, writeLeaderboard } from './leaderboard.ts'
import type { Prepared } from './prepare.ts'
import type { Recording } from './recording.ts'
import { createRunner, stopsOnSignal, type Runner, type TuneServices } from './runner.ts'
import type { Layout, Store } from './store.ts'
import type { Tuned } from './tune.ts'
import type { Trial } from './types.ts'

/**
 * Repeats the trials of a recording, generation by generation: each with the parameters, the seed, the folds and the rounds or
 * steps it came to then, whatever the clock says now. What ended without a model then (FAILED, TIMEOUT, MEMOUT, CRASHED) is taken
 * over as it stands: it has no part in the model.
 */
export async function replay(
  store: Store,
  prepared: Prepared,
  services: TuneServices,
  { executor, meanwhile, recording }: ReplayOptions,
): Promise<Tuned> {
  const runner = createRunner(store, prepared, services, executor)
  const model = followModel(store, prepared, services.emit)
  const release = stopsOnSignal(services.signal, executor)
  const besides = meanwhile()
  besides.catch(() => {}) // awaited, and thrown, when the trials are done
  try {
    for (const generation of recording.generations) {
      if (services.signal.aborted) break
      await replayGeneration(store, runner, generation, recording)
      const done = runner.trialsNow()
      writeLeaderboard(
        store.paths,
        prepared.objective,
        withEnsemble(done, model.glance(done), prepared.objective),
      )
    }
    await besides
  } finally {
    runner.end()
    release()
  }
  const trials = runner.trialsNow()
  const ensemble = model.update(trials)
  return { trials, ...(ensemble && { ensemble }) }
}

export interface ReplayOptions {
  readonly executor: Executor
  /** Done while the first trials run. */
  readonly meanwhile: () => Promise<void>
  readonly recording: Recording
}

const NO_LIMIT = { softSeconds: Infinity, hardSeconds: Infinity }

/**
 * A replay that was stopped goes on where it was. The generation is put down whole, as it was asked for then; of its trials, those
 * are repeated that came to an end before the budget did.
 */
async function replayGeneration(
  { journal }: Store,
  runner: Runner,
  generation: readonly TrialRequest[],
  { trials }: Recording,
): Promise<void> {
  const known = generation.filter(
    ({ id, candidate, definition }) => trials.has(id) && runner.definitions.get(candidate) === definition,
  )
  if (known.length === 0) return
  const asked = new Set(
    journal.records
      .flatMap(record => (record.type === 'generation' ? record.trials : []))
      .map(({ id }) => id),
  )
  if (!asked.has(generation[0]!.id)) journal.append({ type: 'generation', trials: generation })
  const done = new Set(runner.trialsNow().map(({ id }) => id))
  await Promise.all(
    known
      .filter(({ id }) => !done.has(id))
      .map(async request => {
        const then = trials.get(request.id)!
        const repeat = repeatOf(then)
        if (repeat) await runner.run(request, { time: () => NO_LIMIT, repeat })
        else runner.keep(then, request.definition)
      }),
  )
}

/** How a trial that left a score is repeated; undefined for one that did not. */
function repeatOf({ state, clock = [], foldScores }: Trial): Repeat | undefined {
  if (state === 'COMPLETE') return { clock }
  return state === 'PRUNED' && foldScores ? { clock, folds: foldScores.length } : undefined
}

const modelFile = ({ model }: Layout): string => join(model, 'model.onnx')

/** Whether a replay came to the same bytes as what it repeats. */
export interface ReplayResult {
  /** Folder of what was repeated. */
  readonly of: string
  /** Absent where that had not come to its end. */
  readonly same?: { readonly leaderboard: boolean; readonly model: boolean }
}

export function compareReplay(paths: Layout, { paths: then, finished, folder }: Recording): ReplayResult {
  const equal = (before: string, now: string) =>
    existsSync(before) && existsSync(now) && readFileSync(before).equals(readFileSync(now))
  if (!finished) return { of: folder }
  return {
    of: folder,
    same: {
      leaderboard: equal(then.leaderboard, paths.leaderboard),
      model: equal(modelFile(then), modelFile(paths)),
    },
  }
}

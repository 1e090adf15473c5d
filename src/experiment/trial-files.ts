import { join } from 'node:path'
import { packPipeline } from '../pipeline/pipeline.ts'
import { messageOf } from '../util/errors.ts'
import { isDiskError, writeFileAtomic } from '../util/files.ts'
import { pack } from '../util/pack.ts'
import type { FittedTrial } from './fit-candidate.ts'
import { writeDocument, type Layout } from './store.ts'
import type { Trial } from './types.ts'

/** What is known of a trial before it ran. */
export type TrialBase = Pick<Trial, 'id' | 'candidate' | 'algorithm' | 'params' | 'seed'>

interface Finished {
  readonly definition: string
  readonly fitted: FittedTrial
  /** Figures of the process it ran in. */
  readonly more?: Partial<Trial>
}

/** Leaves the files of a finished trial in the folder, durable, its description last; gives the trial for the journal. */
export function leaveTrial(paths: Layout, base: TrialBase, { definition, fitted, more }: Finished): Trial {
  const folder = paths.trial(base.id)
  const pipeline = packPipeline(fitted.pipeline)
  writeFileAtomic(join(folder, 'outputs.bin'), pack({ outputs: fitted.outputs }))
  writeFileAtomic(join(folder, 'pipeline.bin'), pipeline)
  const trial: Trial = {
    ...base,
    state: 'COMPLETE',
    metrics: fitted.metrics,
    foldScores: fitted.foldScores,
    fitSeconds: fitted.fitSeconds,
    ...clockOf(fitted.clock),
    predictMicrosecondsPerRow: fitted.predictMicrosecondsPerRow,
    bytes: pipeline.length,
    ...more,
  }
  writeDocument(join(folder, 'trial.json'), { trial, definition })
  return trial
}

/** What the clock changed in a fit; nothing where it changed nothing. */
export const clockOf = (clock: NonNullable<Trial['clock']>): Pick<Trial, 'clock'> =>
  clock.some(marks => marks.length > 0) ? { clock } : {}

/** A trial that the disk ended: nothing is said of the trial itself, and the experiment cannot go on. */
export const endedByDisk = (base: TrialBase, error: unknown): Trial | undefined =>
  isDiskError(error) ? { ...base, state: 'STOPPED', reason: messageOf(error), endedBy: 'disk' } : undefined

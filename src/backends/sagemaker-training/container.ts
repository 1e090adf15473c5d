import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { layout } from '../../experiment/store.ts'
import type { Trial } from '../../experiment/types.ts'
import { LocalPool } from '../local/pool.ts'
import { CHANNELS, moduleName, RESULT_FILE, TRIAL_FILE, type TrialOrder } from './request.ts'
import { TRIAL_FILES } from './result.ts'

/** What a job that is asked to stop may still take; the service kills it after 120 s. */
const GRACE_SECONDS = 60
/** Beyond the time that a trial should end in by itself. */
const LATE = { times: 1.5, seconds: 5 }

/**
 * Runs the trial of a channel as one on this machine is run, fenced in and with all processors, and leaves its result as the model to pack.
 * `base`: /opt/ml of a training job. A trial that fails has a result too; only what keeps it from being tried is thrown.
 */
export async function runOrderedTrial(base: string): Promise<Trial> {
  const input = (channel: string) => join(base, 'input', 'data', channel)
  const { job: asked, seconds = Infinity } = JSON.parse(
    readFileSync(join(input(CHANNELS.trial), TRIAL_FILE), 'utf8'),
  ) as TrialOrder
  const { metricModule: module } = asked
  const job = { ...asked, ...(module !== undefined && { metricModule: join(input(CHANNELS.trial), moduleName(module)) }) } // prettier-ignore
  const folder = mkdtempSync(join(tmpdir(), 'trial-'))
  const paths = layout(folder)
  symlinkSync(input(CHANNELS.experiment), paths.data)
  const pool = new LocalPool(folder, availableParallelism())
  const stop = () => void pool.stop(GRACE_SECONDS)
  process.on('SIGTERM', stop)
  try {
    const trial = await pool.submit(job, {
      time: () => ({ softSeconds: seconds, hardSeconds: LATE.times * seconds + LATE.seconds }),
      onStart: () => {},
    })
    const model = join(base, 'model')
    mkdirSync(model, { recursive: true })
    if (trial.state === 'COMPLETE')
      for (const name of TRIAL_FILES) copyFileSync(join(paths.trial(trial.id), name), join(model, name))
    writeFileSync(join(model, RESULT_FILE), JSON.stringify({ trial }))
    return trial
  } finally {
    process.off('SIGTERM', stop)
    await pool.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

import { join } from 'node:path'
import { readDocument, type Layout } from '../../experiment/store.ts'
import type { Trial } from '../../experiment/types.ts'
import { BackendError } from '../../util/errors.ts'
import { makeFolder, writeFileAtomic } from '../../util/files.ts'
import { unpackTarGz } from '../../util/tar.ts'
import { RESULT_FILE } from './request.ts'

/** What a finished trial leaves in the experiment's folder, its description last. */
export const TRIAL_FILES = ['outputs.bin', 'pipeline.bin', 'trial.json'] as const

/** Takes what a training job left into the folder, as a trial on this machine would have left it. */
export function takeResult(paths: Layout, expected: number, archive: Buffer): Trial {
  const files = unpackTarGz(archive, name => [RESULT_FILE, ...TRIAL_FILES].includes(name))
  const trial = trialIn(files.get(RESULT_FILE))
  if (trial?.id !== expected) throw wrong(expected, `no ${RESULT_FILE} of it`)
  if (trial.state !== 'COMPLETE') return trial
  const lacking = TRIAL_FILES.filter(name => !files.has(name))
  if (lacking.length > 0) throw wrong(expected, `nothing under ${lacking.join(', ')}`)
  const folder = paths.trial(expected)
  makeFolder(folder)
  for (const name of TRIAL_FILES) writeFileAtomic(join(folder, name), files.get(name)!)
  // Refuses what another version wrote.
  readDocument(join(folder, 'trial.json'))
  return trial
}

function trialIn(bytes: Buffer | undefined): Trial | undefined {
  try {
    const { trial } = JSON.parse(String(bytes)) as { trial?: Partial<Trial> }
    return typeof trial?.state === 'string' ? (trial as Trial) : undefined
  } catch {
    return undefined
  }
}

const wrong = (trial: number, found: string) =>
  new BackendError(
    'E_CLOUD_RESULT',
    `the archive of trial ${trial} holds ${found}: expected its result; build the image anew with this version of Glasspilot`,
    { exit: 'unreachable' },
  )

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { unpackTarGz } from '../util/tar.ts'
import type { Backend, ElsewhereServices } from '../backends/backend.ts'
import { prepareExperiment } from '../experiment/prepare.ts'
import type { Store } from '../experiment/store.ts'
import { writeFileAtomic } from '../util/files.ts'
import type { JobResult } from './job.ts'
import { writeNotebooks } from './notebooks.ts'
import { PROBLEM_TYPES, scoreTest, writtenFiles } from './outcome.ts'

/** A job whose plan and search run in another place: it is profiled here, and what comes back lies in the same folder. */
export async function runElsewhere(
  store: Store,
  place: Backend,
  services: ElsewhereServices,
): Promise<JobResult> {
  const started = performance.now()
  const { paths, journal } = store
  const prepared = await prepareExperiment(store, services.emit)
  writeNotebooks(store, prepared)
  services.emit({ type: 'planned', candidates: prepared.candidates.length, objective: prepared.objective })
  const { trials, stopped, best, archive } = await place.runElsewhere!(store, prepared, services)
  if (archive) keepModel(paths.model, archive)
  if (best) {
    journal.append({
      type: 'ensemble',
      ensemble: { members: [{ trial: best.id, weight: 1 }], metrics: best.metrics! },
    })
  }
  journal.append(
    stopped
      ? { type: 'stopped', reason: String(services.signal.reason ?? 'stopped') }
      : { type: 'finished', trials: trials.length },
  )
  const evaluation = existsSync(join(paths.model, 'model.json'))
    ? await scoreTest(store, services.emit)
    : undefined
  const { name } = prepared.objective
  return {
    experiment: paths.folder,
    problemType: PROBLEM_TYPES[prepared.target.task],
    objective: prepared.objective,
    ...(best && {
      best: {
        candidate: best.candidate,
        algorithm: best.algorithm,
        score: best.metrics![name]!,
        metrics: best.metrics!,
        members: [{ trial: best.id, weight: 1 }],
        ...(evaluation && { holdout: evaluation.metrics[name]! }),
      },
    }),
    candidates: trials.length,
    trials: trials.length,
    failed: trials.filter(({ state }) => state !== 'COMPLETE').length,
    seconds: (performance.now() - started) / 1000,
    files: writtenFiles(store),
    ...(evaluation && { evaluation }),
    stopped,
  }
}

/** A model that can be opened here is put where models are; the archive itself stays beside it for others. */
function keepModel(folder: string, archive: Buffer): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileAtomic(join(folder, 'model.tar.gz'), archive)
  const files = unpackTarGz(archive, name => name === 'model.json' || name === 'model.onnx')
  const [graph, info] = [files.get('model.onnx'), files.get('model.json')]
  if (!graph || !info) return
  writeFileAtomic(join(folder, 'model.onnx'), graph)
  writeFileAtomic(join(folder, 'model.json'), info)
}

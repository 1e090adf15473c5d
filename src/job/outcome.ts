import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Task } from '../data/dataset.ts'
import { writeDocument, type Store } from '../experiment/store.ts'
import type { ExperimentEvent } from '../experiment/types.ts'
import { evaluateModel, type Evaluation } from './evaluate.ts'

/** Autopilot's words for the tasks. */
export const PROBLEM_TYPES: Readonly<Record<Task, string>> = {
  binary: 'BinaryClassification',
  multiclass: 'MulticlassClassification',
  regression: 'Regression',
}

/** Scores the model of the folder on the test file, where there is one. */
export async function scoreTest(
  { paths, spec }: Pick<Store, 'paths' | 'spec'>,
  emit: (event: ExperimentEvent) => void,
): Promise<Evaluation | undefined> {
  if (spec.test === undefined) return undefined
  emit({ type: 'stage', stage: 'evaluate', detail: `scoring ${basename(spec.test)}` })
  const evaluation = await evaluateModel(paths.model, spec.test)
  writeDocument(paths.evaluation, { file: spec.test, ...evaluation })
  return evaluation
}

export function writtenFiles({ paths }: Store): Record<string, string> {
  const files: Record<string, string> = {
    leaderboard: paths.leaderboard,
    candidates: paths.candidates,
    profile: paths.profile,
    notebooks: paths.notebooks,
    model: join(paths.model, 'model.onnx'),
    evaluation: paths.evaluation,
  }
  return Object.fromEntries(Object.entries(files).filter(([, path]) => existsSync(path)))
}

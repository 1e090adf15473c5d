import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { anytimeOf } from '../experiment/anytime.ts'
import { openData, taskOf } from '../experiment/data.ts'
import { sampleImages } from '../experiment/images.ts'
import { ENSEMBLE, rankTrials, withEnsemble, type LeaderboardRow } from '../experiment/leaderboard.ts'
import type { Prepared } from '../experiment/prepare.ts'
import { readDocument, readExperiment, type Store } from '../experiment/store.ts'
import type { Verdict } from '../experiment/types.ts'
import { judgeModel } from '../experiment/verdict.ts'
import { defaultObjective, loadMetric, metrics } from '../metrics/index.ts'
import { renderNotebooks, type NotebookInput } from '../notebook/index.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { transforms } from '../transforms/index.ts'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'

type Told = Pick<Store, 'paths' | 'spec'> & { readonly journal: Pick<Store['journal'], 'records'> }
type Planned = Pick<Prepared, 'profile' | 'candidates' | 'target' | 'objective' | 'folds' | 'images'>

/** Renders both notebooks in both languages; without rows they say what will be tried. */
export function writeNotebooks(
  { paths, spec, journal }: Told,
  prepared: Planned,
  leaderboard: readonly LeaderboardRow[] = [],
  best?: NonNullable<NotebookInput['best']>,
  verdict?: Verdict,
  into: string = paths.notebooks,
): string[] {
  const { profile, candidates, target, objective, folds, images } = prepared
  const input: NotebookInput = {
    spec,
    profile: { ...profile, dataset: spec.name },
    candidates,
    task: target.task,
    objective: { ...objective, summary: metrics[objective.name].summary },
    folds: { kind: folds.kind, reason: folds.reason, count: folds.folds.length },
    algorithms: algorithms.map(({ name, summary }) => ({ name, summary })),
    transforms: transforms.map(({ name, summary }) => ({ name, summary })),
    ...(images && { images }),
    // With a budget it is the seconds that matter; without one the notebooks are the same whatever the clock says.
    ...(spec.budgetSeconds !== undefined && { anytime: anytimeOf(journal.records) }),
    ...(leaderboard.length > 0 && { leaderboard: leaderboard.map(scoredRow) }),
    ...(verdict && { verdict }),
    ...(best && { best: { candidate: best.candidate, algorithm: best.algorithm, score: best.score } }),
  }
  const files = new Map(
    (['python', 'typescript'] as const)
      .flatMap(language => renderNotebooks(input, { language }))
      .map(({ fileName, json }) => [join(into, fileName), json]),
  )
  for (const [file, json] of files) writeFileAtomic(file, json)
  return [...files.keys()]
}

/** Writes the notebooks of an experiment anew, as it stands now: what was edited in them is lost, what was trained is told. */
export async function renewNotebooks(folder: string, into?: string): Promise<string[]> {
  const { paths, spec, records, trials } = readExperiment(folder)
  if (![paths.split, paths.profile, paths.candidates].every(existsSync)) {
    throw new InputError(
      'E_NO_PLAN',
      `experiment ${folder} has no plan yet: expected one to write notebooks of; go on with "glasspilot resume ${folder}"`,
    )
  }
  if (spec.metricModule !== undefined) await loadMetric(spec.metricModule)
  const { dataset, ...data } = openData(paths)
  const profile = readDocument<DatasetProfile>(paths.profile)
  const images = sampleImages(dataset, data.target, profile)
  const name = spec.objective ?? defaultObjective(data.target.task)
  const prepared = {
    ...data,
    profile,
    task: taskOf(data.target),
    objective: { name, direction: metrics[name].direction },
    candidates: readDocument<{ candidates: Candidate[] }>(paths.candidates).candidates,
    ...(images && { images }),
  }
  const record = records.findLast(({ type }) => type === 'ensemble')
  const ensemble = record?.type === 'ensemble' ? record.ensemble : undefined
  const board = ensemble ? withEnsemble(trials, ensemble, prepared.objective) : trials
  const single = ensemble?.members.length === 1 ? trials.find(({ id }) => id === ensemble.members[0]!.trial) : undefined // prettier-ignore
  mkdirSync(into ?? paths.notebooks, { recursive: true, mode: 0o700 })
  return writeNotebooks(
    { paths, spec, journal: { records } },
    prepared,
    rankTrials(board, prepared.objective),
    ensemble && {
      candidate: single?.candidate ?? ENSEMBLE,
      algorithm: single?.algorithm ?? `weighted ${ENSEMBLE}`,
      score: ensemble.metrics[name]!,
    },
    ensemble && judgeModel(paths, prepared, ensemble, trials),
    into ?? paths.notebooks,
  )
}

/** Rows of failed trials have no numbers: NaN is shown as none. */
const scoredRow = (row: LeaderboardRow): NonNullable<NotebookInput['leaderboard']>[number] => ({
  ...row,
  score: row.score ?? NaN,
  std: row.std ?? NaN,
  fitSeconds: row.fitSeconds ?? NaN,
  predictMicrosecondsPerRow: row.predictMicrosecondsPerRow ?? NaN,
  bytes: row.bytes ?? NaN,
})

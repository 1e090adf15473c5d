import { join } from 'node:path'
import { algorithms } from '../algorithms/index.ts'
import { anytimeOf } from '../experiment/anytime.ts'
import type { LeaderboardRow } from '../experiment/leaderboard.ts'
import type { Prepared } from '../experiment/prepare.ts'
import type { Store } from '../experiment/store.ts'
import type { Verdict } from '../experiment/types.ts'
import { metrics } from '../metrics/index.ts'
import { renderNotebooks, type NotebookInput } from '../notebook/index.ts'
import { transforms } from '../transforms/index.ts'
import { writeFileAtomic } from '../util/files.ts'

/** Renders both notebooks in both languages; without rows they say what will be tried. */
export function writeNotebooks(
  { paths, spec, journal }: Pick<Store, 'paths' | 'spec' | 'journal'>,
  prepared: Prepared,
  leaderboard: readonly LeaderboardRow[] = [],
  best?: NonNullable<NotebookInput['best']>,
  verdict?: Verdict,
): void {
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
  for (const language of ['python', 'typescript'] as const) {
    for (const { fileName, json } of renderNotebooks(input, { language })) {
      writeFileAtomic(join(paths.notebooks, fileName), json)
    }
  }
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

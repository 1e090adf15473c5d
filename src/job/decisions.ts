import { existsSync } from 'node:fs'
import type { Candidate } from '../candidates/candidate.ts'
import { readDocument } from '../experiment/store.ts'
import type { ReadingReport } from '../data/read.ts'
import { autopilotObjectives } from '../metrics/index.ts'
import type { ColumnProfile } from '../profile/profile.ts'
import type { ReportInput } from '../report/index.ts'
import { byteSize, count, duration, figure, quoted } from '../util/text.ts'
import type { Finished } from './finished.ts'

const LISTED = 40
const NAMED = 8

/** What was decided from reading to choosing, in that order, each with its reason. */
export function decisionsOf(finished: Finished): NonNullable<ReportInput['decisions']> {
  return [...ofReading(finished), ...ofColumns(finished), ...ofTask(finished), ...ofSearch(finished)]
}

type Decision = readonly [what: string, why: string]

function ofReading({ paths, profile }: Finished): Decision[] {
  const { joined = [] } = profile.target ?? {}
  const warnings = existsSync(paths.reading) ? readDocument<ReadingReport>(paths.reading).warnings : []
  return [
    ...warnings.slice(0, LISTED).map(({ code, message }): Decision => [`Reading: ${code}`, message]),
    ...joined.map(({ label, writings }): Decision => [
      `Labels ${writings.map(quoted).join(', ')} are one class, ${quoted(label)}`,
      '--normalise-labels was given',
    ]),
  ]
}

function ofColumns({ profile }: Finished): Decision[] {
  const leaks = new Set(profile.droppedLeaks)
  return [
    ...alike(
      profile.columns.filter(({ use }) => use !== 'feature' && use !== 'target'),
      ({ use }) => `left out (${use})`,
    ),
    ...[...leaks].map((name): Decision => [`Column ${quoted(name)} is left out`, 'it gives the target away, and --drop-leaks was given']), // prettier-ignore
    ...(profile.leftOut ?? []).map((part): Decision => [
      `The profile lacks ${part}`,
      'half of the budget was used up',
    ]),
    ...alike(
      profile.columns.filter(({ use }) => use === 'feature'),
      ({ kind }) => `read as ${kind}`,
    ),
  ]
}

/** Columns of which the same was decided for the same reason, in one line. */
function alike(columns: readonly ColumnProfile[], told: (column: ColumnProfile) => string): Decision[] {
  const groups = new Map<string, ColumnProfile[]>()
  for (const column of columns) {
    const key = JSON.stringify([told(column), column.reason])
    const group = groups.get(key)
    if (group) group.push(column)
    else groups.set(key, [column])
  }
  return [...groups.values()].slice(0, LISTED).map(group => {
    const names = group.slice(0, NAMED).map(({ name }) => quoted(name)).join(', ') // prettier-ignore
    const more = group.length > NAMED ? ` and ${count(group.length - NAMED)} more` : ''
    const verb = group.length > 1 ? 'are' : 'is'
    return [
      `Column${group.length > 1 ? 's' : ''} ${names}${more} ${verb} ${told(group[0]!)}`,
      group[0]!.reason,
    ]
  })
}

function ofTask({ spec, data, objective, profile }: Finished): Decision[] {
  const { task } = data.target
  const isDefault = spec.objective === undefined
  return [
    [`The problem is ${task}`, spec.task ? 'it was asked for' : (profile.target?.taskReason ?? 'found from the target')],
    [
      `The objective is ${objective.name}`,
      isDefault ? `Autopilot's default for ${task} (${autopilotObjectives(task).join(', ')} are its others)` : 'it was asked for',
    ],
    [
      data.folds.folds.length > 1 ? `Scores are from ${data.folds.folds.length} folds (${data.folds.kind})` : `Scores are from one holdout (${data.folds.kind})`,
      data.folds.reason,
    ],
  ] // prettier-ignore
}

function ofSearch({ paths, spec, trials, ensemble, objective }: Finished): Decision[] {
  const { candidates } = readDocument<{ candidates: readonly Candidate[] }>(paths.candidates)
  const byId = new Map(trials.map(trial => [trial.id, trial]))
  const best = Math.max(...ensemble.members.map(({ weight }) => weight))
  const choice: Decision =
    ensemble.members.length > 1
      ? [
          `The model is a weighted mean of ${ensemble.members.length} trials`,
          `no single trial has a better ${objective.name} on held-out rows: ${ensemble.members
            .map(({ trial, weight }) => `${byId.get(trial)?.candidate ?? ''} #${trial} ${figure(100 * weight, 3)} %`)
            .join(', ')}`,
        ]
      : [
          `The model is trial ${ensemble.members[0]!.trial} alone`,
          spec.mode === 'hpo' ? '--mode hpo asks for the best single pipeline' : `no weighted mean of trials has a better ${objective.name} on held-out rows`,
        ] // prettier-ignore
  return best > 0
    ? [...candidates.map(({ name, reason }): Decision => [`Candidate ${name}`, reason]), choice]
    : [choice]
}

/** Seconds and bytes, from the journal. */
export function spentOf({ trials, ensemble }: Finished): Pick<ReportInput, 'spent' | 'secondsByAlgorithm'> {
  const sum = (values: readonly (number | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0)
  const members = new Set(ensemble.members.map(({ trial }) => trial))
  const chosen = trials.filter(({ id }) => members.has(id))
  const peak = Math.max(0, ...trials.map(({ memoryBytes }) => memoryBytes ?? 0))
  const byAlgorithm = new Map<string, { value: number; trials: number }>()
  for (const { algorithm, fitSeconds = 0 } of trials) {
    const before = byAlgorithm.get(algorithm) ?? { value: 0, trials: 0 }
    byAlgorithm.set(algorithm, { value: before.value + fitSeconds, trials: before.trials + 1 })
  }
  return {
    spent: [
      ['training, all trials, in seconds of one process', duration(sum(trials.map(({ fitSeconds }) => fitSeconds)))],
      ['training of the trials in the model', duration(sum(chosen.map(({ fitSeconds }) => fitSeconds)))],
      ['answering one row with the models of all folds', `${figure(sum(chosen.map(({ predictMicrosecondsPerRow }) => predictMicrosecondsPerRow)), 3)} µs`],
      ['fitted pipelines of the model on disk', byteSize(sum(chosen.map(({ bytes }) => bytes)))],
      ['fitted pipelines of all trials on disk', byteSize(sum(trials.map(({ bytes }) => bytes)))],
      ...(peak > 0 ? [['most memory one training process held', byteSize(peak)] as const] : []),
      ['trials that did not finish', count(trials.filter(({ state }) => state !== 'COMPLETE').length)],
    ],
    secondsByAlgorithm: [...byAlgorithm].map(([name, found]) => ({ name, ...found })).sort((a, b) => b.value - a.value),
  } // prettier-ignore
}

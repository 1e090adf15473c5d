import { existsSync } from 'node:fs'
import { bestTrial, rankTrials } from '../experiment/leaderboard.ts'
import { nameOf } from '../data/source.ts'
import { isLocked } from '../experiment/lock.ts'
import { readDocument, readExperiment } from '../experiment/store.ts'
import type { Objective } from '../experiment/types.ts'
import { PROBLEM_TYPES } from '../job/job.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count, figure } from '../util/text.ts'
import { jsonOption, type CommandDefinition } from './command.ts'

export const describeCommand: CommandDefinition = {
  usage: 'describe <experiment>',
  summary: 'Say what an experiment is, how far it came and what it found',
  options: [jsonOption()],
  async run({ args, options }, { print }) {
    const about = describe(args[0]!)
    print(options['json'] ? JSON.stringify(about) : formatDescription(about))
  },
}

function describe(folder: string) {
  const { paths, spec, records, trials } = readExperiment(folder)
  const profile = existsSync(paths.profile) ? readDocument<DatasetProfile>(paths.profile) : undefined
  const board = existsSync(paths.leaderboardJson)
    ? readDocument<{ objective: Objective }>(paths.leaderboardJson)
    : undefined
  const last = records.at(-1)?.type
  const status =
    last === 'finished'
      ? 'Completed'
      : last === 'stopped'
        ? 'Stopped'
        : trials.length > 0 || last === 'generation'
          ? 'InProgress'
          : 'Planned'
  const states: Record<string, number> = {}
  for (const { state } of trials) states[state] = (states[state] ?? 0) + 1
  if (status !== 'Completed') Object.assign(states, openStates(folder))
  const ensemble = records.findLast(record => record.type === 'ensemble')
  const best = board && bestTrial(trials, board.objective)
  return {
    experiment: paths.folder,
    name: spec.name,
    status,
    data: spec.data,
    target: spec.target,
    ...(profile && {
      rows: profile.rows,
      columns: profile.columnCount,
      problemType: profile.target && PROBLEM_TYPES[profile.target.task],
      insights: profile.insights.map(({ id, severity, title }) => ({ id, severity, title })),
    }),
    ...(board && { objective: board.objective }),
    trials: trials.length,
    states,
    ...(best && board && { bestTrial: rankTrials([best], board.objective)[0] }),
    ...(ensemble?.type === 'ensemble' && { ensemble: ensemble.ensemble }),
    ...(existsSync(paths.evaluation) && { evaluation: readDocument<{ metrics: object }>(paths.evaluation) }),
  }
}

/** Trials that were asked for and have no end yet: as many run as there are workers, while somebody writes to the folder. */
function openStates(folder: string): Record<string, number> {
  const { paths, spec, records, trials } = readExperiment(folder)
  const ended = new Set(trials.map(({ id }) => id))
  const asked = records.flatMap(record => (record.type === 'generation' ? record.trials : []))
  const open = asked.filter(({ id }) => !ended.has(id)).length
  const running = isLocked(paths.lock) ? Math.min(open, spec.workers) : 0
  return {
    ...(running > 0 && { RUNNING: running }),
    ...(open > running && { WAITING: open - running }),
  }
}

function formatDescription(about: ReturnType<typeof describe>): string {
  const lines = [`${about.name}: ${about.status}`, `data      ${nameOf(about.data)} → ${about.target}`]
  if (about.problemType)
    lines.push(
      `problem   ${about.problemType}, ${count(about.rows!)} rows × ${count(about.columns!)} columns`,
    )
  if (about.objective) lines.push(`objective ${about.objective.direction} ${about.objective.name}`)
  const states = Object.entries(about.states).map(([state, n]) => `${n} ${state}`)
  lines.push(`trials    ${about.trials}${states.length > 0 ? ` (${states.join(', ')})` : ''}`)
  if (about.bestTrial)
    lines.push(
      `best      trial ${about.bestTrial.trial} ${about.bestTrial.candidate}: ${figure(about.bestTrial.score!, 6)}`,
    )
  if (about.ensemble) {
    const members = about.ensemble.members.map(({ trial, weight }) => `${figure(weight, 2)} × trial ${trial}`)
    lines.push(
      `model     ${members.join(' + ')}: ${figure(about.ensemble.metrics[about.objective!.name]!, 6)}`,
    )
  }
  for (const { severity, title } of about.insights ?? []) lines.push(`insight   ${severity}: ${title}`)
  return lines.join('\n')
}

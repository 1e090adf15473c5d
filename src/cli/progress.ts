import type { Ensemble, ExperimentEvent, Objective, Trial } from '../experiment/types.ts'
import { hasFailed } from '../experiment/leaderboard.ts'
import { duration, figure, inline } from '../util/text.ts'
import type { Output } from './output.ts'

const BAR_CELLS = 20
const REDRAW_MS = 250

export interface Progress {
  readonly emit: (event: ExperimentEvent) => void
  readonly end: () => void
}

interface State {
  stage: string
  done: number
  total: number
  failed: number
  running: Set<number>
  objective: Objective | undefined
  best: Trial | undefined
  ensemble: Ensemble | undefined
}

/**
 * Shows a running experiment: on a terminal one line that is redrawn (stage, bar, trials, best score, time left), elsewhere
 * one plain line per event.
 */
export function showProgress(output: Output, budgetSeconds: number | undefined, quiet: boolean): Progress {
  const started = performance.now()
  const state: State = {
    stage: 'starting',
    done: 0,
    total: 0,
    failed: 0,
    running: new Set(),
    objective: undefined,
    best: undefined,
    ensemble: undefined,
  }
  const live = output.isTerminal && !quiet
  const elapsed = () => (performance.now() - started) / 1000
  let width = 0
  const clear = () => {
    if (live && width > 0) process.stderr.write(`\r${' '.repeat(width)}\r`)
    width = 0
  }
  const draw = () => {
    const line = statusLine(state, elapsed(), budgetSeconds).slice(0, Math.max(20, output.columns - 1))
    process.stderr.write(`\r${line}${' '.repeat(Math.max(0, width - line.length))}`)
    width = line.length
  }
  const say = (text: string) => {
    if (quiet) return
    clear()
    output.note(text)
  }
  const timer = live ? setInterval(draw, REDRAW_MS) : undefined
  timer?.unref()
  return {
    emit(event) {
      update(state, event)
      const text = eventLine(event, state, elapsed(), output)
      if (text !== undefined) say(text)
    },
    end() {
      clearInterval(timer)
      clear()
    },
  }
}

function update(state: State, event: ExperimentEvent): void {
  if (event.type === 'stage') state.stage = event.detail
  else if (event.type === 'planned') state.objective = event.objective
  else if (event.type === 'started') state.running.add(event.trial)
  else if (event.type === 'ensemble') state.ensemble = event.ensemble
  else if (event.type === 'trial') {
    state.running.delete(event.trial.id)
    state.done = event.done
    state.total = event.total
    state.best = event.best
    if (hasFailed(event.trial)) state.failed++
  }
}

const scoreOf = (trial: Trial | undefined, objective: Objective | undefined): string => {
  const score = objective && trial?.metrics?.[objective.name]
  return score === undefined ? '–' : figure(score, 5)
}

function eventLine(
  event: ExperimentEvent,
  state: State,
  seconds: number,
  { style }: Output,
): string | undefined {
  const clock = style('dim', duration(seconds).padStart(9))
  if (event.type === 'stage') return `${clock}  ${inline(event.detail)}`
  if (event.type === 'ended') return `${clock}  ended early: ${event.reason}`
  if (event.type === 'warning') return `${clock}  ${style('yellow', 'note:')} ${inline(event.message)}`
  if (event.type === 'planned')
    return `${clock}  ${event.candidates} candidate pipelines; the aim is to ${event.objective.direction} ${event.objective.name}`
  if (event.type === 'ensemble') return ensembleLine(clock, event.ensemble, state)
  if (event.type !== 'trial') return undefined
  const { trial, best } = event
  const isBest = best?.id === trial.id
  const result =
    trial.state === 'COMPLETE'
      ? `${state.objective!.name} ${scoreOf(trial, state.objective)}`
      : `${trial.state}: ${inline(trial.reason ?? '')}`
  const line = `${clock}  trial ${String(trial.id).padEnd(3)} ${trial.candidate.padEnd(26)} ${result}`
  return isBest ? `${line} ${style('green', '★ best')}` : line
}

const ensembleLine = (
  clock: string,
  { members, metrics }: Ensemble,
  { objective }: State,
): string | undefined =>
  members.length < 2
    ? undefined
    : `${clock}  ensemble of ${members.length} trials`.padEnd(46) +
      ` ${objective!.name} ${figure(metrics[objective!.name]!, 5)}`

function statusLine(state: State, seconds: number, budget: number | undefined): string {
  const share = Math.min(
    1,
    Math.max(budget ? seconds / budget : 0, state.total > 0 ? state.done / state.total : 0),
  )
  const filled = Math.round(share * BAR_CELLS)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`
  const left = budget ? `${duration(Math.max(0, budget - seconds))} left` : `${duration(seconds)} so far`
  const { ensemble } = state
  const best =
    ensemble && ensemble.members.length > 1
      ? `ensemble ${state.objective!.name} ${figure(ensemble.metrics[state.objective!.name]!, 5)} (of ${ensemble.members.length})`
      : state.best
        ? `best ${state.objective!.name} ${scoreOf(state.best, state.objective)} (${state.best.algorithm})`
        : 'no model yet'
  const failed = state.failed > 0 ? `, ${state.failed} failed` : ''
  return `${bar} ${state.stage} · ${state.done} trials done${failed}, ${state.running.size} running · ${best} · ${left}`
}

import { confusionTable } from '../charts/terminal.ts'
import type { JobResult } from '../job/job.ts'
import { count, duration, figure } from '../util/text.ts'
import type { Verdict } from '../experiment/types.ts'
import type { Output } from './output.ts'
import { shortPath } from './paths.ts'

const LARGEST_MATRIX = 12

/** What a person sees when the job is over: the best model, its honest scores, where things lie, what to type next. */
export function endScreen(result: JobResult, output: Output): void {
  const folder = shortPath(result.experiment)
  if (result.stopped) {
    output.print(`Stopped after ${result.trials} finished trials; nothing of them is lost.`)
    output.print(`Resume with: glasspilot resume ${folder}`)
    return
  }
  output.print('')
  if (result.best) best(result, output)
  if (result.replay) output.print(tellReplay(result.replay))
  output.print(`Everything lies in ${folder}/`)
  const shown: readonly (readonly [string, string])[] = [
    ['leaderboard', 'every trial, best first'],
    ['notebooks', 'data exploration and candidate definitions, for Jupyter'],
    ['candidates', 'the plan; edit it and resume'],
    ['model', 'the whole pipeline, raw columns in'],
  ]
  for (const [name, what] of shown) {
    const path = result.files[name]
    if (path)
      output.print(
        `  ${shortPath(path)
          .slice(folder.length + 1)
          .padEnd(20)} ${what}`,
      )
  }
  output.print('')
  output.print('Next:')
  for (const line of nextCommands(result, folder)) output.print(`  ${line}`)
}

function tellReplay({ of, same }: NonNullable<JobResult['replay']>): string {
  if (!same) return `Repeated what ${shortPath(of)} had done when it ended before its time.`
  const verdict = (equal: boolean) => (equal ? 'the same bytes' : 'DIFFERENT')
  return `Repeated ${shortPath(of)}: leaderboard ${verdict(same.leaderboard)}, model ${verdict(same.model)}.`
}

function best(
  { best, objective, evaluation, verdict, trials, failed, seconds, problemType }: JobResult,
  output: Output,
): void {
  const { print, style } = output
  const { candidate, algorithm, score, members } = best!
  const failures = failed > 0 ? ` (${failed} failed, see the leaderboard)` : ''
  print(`${problemType}: ${count(trials)} trials${failures} in ${duration(seconds)}`)
  print('')
  const what = members.length > 1 ? `${algorithm} of ${members.length} trials` : `${candidate} (${algorithm})`
  print(`${style('bold', 'Best')}   ${what}`)
  print(`       ${objective.name} ${style('green', figure(score, 5))} on rows no member of it learnt from`)
  if (verdict) print(`       ${tellVerdict(verdict, objective.name, style)}`)
  if (evaluation) {
    const others = Object.entries(evaluation.metrics).filter(([name]) => name !== objective.name)
    print(
      `${style('bold', 'Test')}   ${objective.name} ${style('green', figure(evaluation.metrics[objective.name]!, 5))} on ${count(evaluation.rows)} untouched rows`,
    )
    print(`       ${others.map(([name, value]) => `${name} ${figure(value)}`).join(' · ')}`)
    const matrix = evaluation.confusion
    if (matrix && matrix.labels.length <= LARGEST_MATRIX) {
      print('')
      print(confusionTable(matrix, { width: output.columns }))
    }
  }
  print('')
}

function tellVerdict({ constant, p, isBetter }: Verdict, name: string, style: Output['style']): string {
  const beside = constant === undefined ? '' : ` (a constant answer: ${name} ${figure(constant, 5)})`
  const chance = p < 1e-4 ? 'p < 0.0001' : `p = ${figure(p, 2)}`
  return isBetter
    ? `better than the baseline, ${chance}${beside}`
    : style(
        'yellow',
        `no better than the baseline, ${chance}${beside}: these columns may say nothing of the target`,
      )
}

function nextCommands({ best, evaluation }: JobResult, folder: string): string[] {
  if (!best)
    return [
      `glasspilot plan ${folder}`,
      `jupyter lab ${folder}/notebooks`,
      `glasspilot resume ${folder}   # train it`,
    ]
  return [
    `glasspilot leaderboard ${folder}`,
    `glasspilot predict ${folder} NEW.csv --output predictions.csv`,
    evaluation ? `jupyter lab ${folder}/notebooks` : `glasspilot evaluate ${folder} LABELLED.csv`,
    `glasspilot report ${folder}`,
  ]
}

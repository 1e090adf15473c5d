import { anytime, anytimeData, leaderboardDots } from '../charts/index.ts'
import { byteSize, count, duration, figure } from '../util/text.ts'
import {
  columnsInWords,
  definition,
  longLists,
  paramsInWords,
  rangeInWords,
  stepsInWords,
} from './describe.ts'
import type { NotebookInput, NotebookLanguage, NotebookLeaderboardRow } from './input.ts'
import type { Cell } from './nbformat.ts'
import { codeCell, markdownCell, picture } from './section.ts'
import { clause, foldsInWords, number, TASKS, verdictInWords } from './words.ts'

const FOLDER = 'candidate-definition'
const SHOWN = 20
const text = <const S extends readonly string[]>(...names: S) =>
  Object.fromEntries(names.map(name => [name, 'text'])) as { readonly [K in S[number]]: 'text' }

const title = markdownCell(FOLDER, 'title', {
  ...text('experiment', 'target', 'dataset', 'rows', 'columns', 'task', 'classes', 'verb', 'objective'),
  ...text('objectiveSummary', 'folds', 'foldsReason'),
  classification: 'flag',
})
const setup = markdownCell(FOLDER, 'setup', {})
const setupCode = codeCell(FOLDER, 'setup', { experiment: 'literal' })
const candidates = markdownCell(FOLDER, 'candidates', {
  ...text('count', 'algorithmCount'),
  algorithms: [text('name', 'summary')],
  transforms: [text('name', 'summary')],
})
const columns = markdownCell(FOLDER, 'columns', {})
const columnsCode = codeCell(FOLDER, 'columns', { lists: 'literal' })
const candidate = markdownCell(FOLDER, 'candidate', {
  ...text('name', 'role', 'reason', 'merged', 'algorithm', 'summary', 'static'),
  hasMerged: 'flag',
  hasStatic: 'flag',
  hasSpace: 'flag',
  groups: [text('name', 'columns', 'encode', 'then', 'reason')],
  space: [text('name', 'range', 'scale', 'start', 'when')],
})
const candidateCode = codeCell(FOLDER, 'candidate', { definition: 'literal' })
const selected = markdownCell(FOLDER, 'selected', {})
const selectedCode = codeCell(FOLDER, 'selected', {})
const tuning = markdownCell(FOLDER, 'tuning', {
  ...text('limit', 'budget', 'seed'),
  hasBudget: 'flag',
})
const tuningCode = codeCell(FOLDER, 'tuning', {})
const results = markdownCell(FOLDER, 'results', {})
const resultsKnown = markdownCell(FOLDER, 'results-known', {
  ...text('count', 'failed', 'best', 'algorithm', 'objective', 'score', 'shown'),
  anyFailed: 'flag',
  hasBest: 'flag',
  hasVerdict: 'flag',
  verdict: 'text',
  hidden: 'flag',
  drawn: 'flag',
  leaderboard: 'image',
  anytime: 'image',
  rows: [text('rank', 'candidate', 'trial', 'algorithm', 'score', 'std', 'size')],
  failures: [text('trial', 'candidate', 'state', 'reason')],
})
const resultsCode = codeCell(FOLDER, 'results', { objective: 'literal' })
const choice = markdownCell(FOLDER, 'choice', {})
const choiceCode = codeCell(FOLDER, 'choice', {})
const evaluation = markdownCell(FOLDER, 'evaluation', {})
const evaluationCode = codeCell(FOLDER, 'evaluation', { testFile: 'literal' })
const explanation = markdownCell(FOLDER, 'explanation', {})
const explanationCode = codeCell(FOLDER, 'explanation', {})
const exporting = markdownCell(FOLDER, 'export', text('answer'))
const exportingCode = codeCell(FOLDER, 'export', {})
const deployment = markdownCell(FOLDER, 'deployment', {})
const deploymentCode = codeCell(FOLDER, 'deployment', {})
const serving = markdownCell(FOLDER, 'serving', {})
const sagemaker = markdownCell(FOLDER, 'sagemaker', {})
const sagemakerCode = codeCell(FOLDER, 'sagemaker', {})

/** The cells of the candidate notebook: the plan in words, and the code that edits and runs it. */
export function candidateDefinitionCells(input: NotebookInput, language: NotebookLanguage): Cell[] {
  const { spec, objective, task } = input
  return [
    title(titleView(input)),
    setup({}),
    setupCode(language, { experiment: spec.name }),
    candidates({
      count: count(input.candidates.length),
      algorithmCount: count(new Set(input.candidates.map(({ algorithm }) => algorithm)).size),
      algorithms: input.algorithms,
      transforms: input.transforms,
    }),
    ...candidateCells(input, language),
    selected({}),
    selectedCode(language, {}),
    tuning({
      limit: `up to ${count(spec.maxCandidates)} trials`,
      hasBudget: spec.budgetSeconds !== undefined,
      budget: duration(spec.budgetSeconds ?? 0),
      seed: String(spec.seed),
    }),
    tuningCode(language, {}),
    results({}),
    ...(input.leaderboard && input.leaderboard.length > 0
      ? [resultsKnown(resultsView(input, input.leaderboard))]
      : []),
    resultsCode(language, { objective: objective.name }),
    choice({}),
    choiceCode(language, {}),
    evaluation({}),
    evaluationCode(language, { testFile: spec.test ?? '' }),
    explanation({}),
    explanationCode(language, {}),
    exporting({ answer: task === 'regression' ? 'the predicted value' : 'label and probabilities' }),
    exportingCode(language, {}),
    deployment({}),
    deploymentCode(language, {}),
    serving({}),
    sagemaker({}),
    sagemakerCode(language, {}),
  ]
}

const titleView = ({ profile, spec, task, objective, folds }: NotebookInput) => ({
  experiment: spec.name,
  target: spec.target,
  dataset: profile.dataset,
  rows: count(profile.rows),
  columns: count(profile.columnCount),
  task: TASKS[task],
  classification: profile.target?.classes !== undefined,
  classes: count(profile.target?.classes?.length ?? 0),
  verb: objective.direction === 'maximize' ? 'maximizes' : 'minimizes',
  objective: objective.name,
  objectiveSummary: objective.summary ?? '',
  folds: foldsInWords(folds),
  foldsReason: clause(folds.reason),
})

function candidateCells(input: NotebookInput, language: NotebookLanguage): Cell[] {
  const lists = longLists(input.candidates)
  const entries = [...lists]
  // Python reads a dictionary, TypeScript pairs: a Map has no keys that mean something else.
  const written = language === 'python' ? Object.fromEntries(entries) : entries
  const head =
    lists.size > 0 ? [columns({}), { ...columnsCode(language, { lists: written }), hidden: true }] : []
  const summaries = new Map(input.algorithms.map(({ name, summary }) => [name, summary]))
  return [
    ...head,
    ...input.candidates.flatMap((item, i) => [
      candidate(
        {
          name: item.name,
          role: item.role,
          reason: clause(item.reason),
          groups: item.groups.map(group => ({
            name: group.name,
            columns: columnsInWords(group.columns),
            encode: stepsInWords(group.encode, ' beside '),
            then: stepsInWords(group.then, ', then '),
            reason: group.reason,
          })),
          hasMerged: item.merged.length > 0,
          merged: stepsInWords(item.merged, ', then '),
          algorithm: item.algorithm,
          summary: clause(summaries.get(item.algorithm) ?? ''),
          hasStatic: Object.keys(item.static).length > 0,
          static: paramsInWords(item.static),
          hasSpace: Object.keys(item.space).length > 0,
          space: Object.entries(item.space).map(([name, range]) => ({ name, ...rangeInWords(range) })),
        },
        `candidate-${i}`,
      ),
      candidateCode(language, { definition: definition(item, lists) }, `candidate-${i}-code`),
    ]),
  ]
}

function resultsView(
  { objective, best, verdict, anytime: overTime = [] }: NotebookInput,
  rows: readonly NotebookLeaderboardRow[],
) {
  const finished = rows.filter(row => row.state === 'COMPLETE')
  const failures = rows.filter(row => row.state !== 'COMPLETE')
  const byTrial = [...finished].sort((a, b) => a.trial - b.trial)
  const { name: metric, direction } = objective
  return {
    count: count(finished.length),
    failed: count(failures.length),
    anyFailed: failures.length > 0,
    hasBest: best !== undefined,
    hasVerdict: verdict !== undefined,
    verdict: verdict ? verdictInWords(verdict, objective.name) : '',
    best: best?.candidate ?? '',
    algorithm: best?.algorithm ?? '',
    objective: metric,
    score: number(best?.score),
    rows: finished.slice(0, SHOWN).map(row => ({
      rank: String(row.rank),
      candidate: row.candidate,
      trial: String(row.trial),
      algorithm: row.algorithm,
      score: figure(row.score, 6),
      std: number(row.std),
      size: byteSize(row.bytes),
    })),
    hidden: finished.length > SHOWN,
    shown: String(SHOWN),
    drawn: finished.length > 0,
    leaderboard: picture(leaderboardDots, {
      metric,
      direction,
      rows: finished.map(({ candidate, trial, score, std }) => ({
        name: `${candidate} #${trial}`,
        score,
        std,
      })),
    }),
    anytime: picture(
      anytime,
      overTime.length > 1
        ? anytimeData(metric, direction, overTime)
        : {
            metric,
            direction,
            axis: 'trial',
            points: byTrial.map(({ trial, score }) => ({ x: trial, score })),
          },
    ),
    failures: failures.slice(0, SHOWN).map(({ trial, candidate, state, reason }) => ({
      trial: String(trial),
      candidate,
      state,
      reason: reason ?? '–',
    })),
  }
}

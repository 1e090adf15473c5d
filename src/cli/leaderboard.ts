import { existsSync } from 'node:fs'
import type { LeaderboardRow } from '../experiment/leaderboard.ts'
import { rankTrials } from '../experiment/leaderboard.ts'
import { readDocument, readExperiment } from '../experiment/store.ts'
import type { Objective } from '../experiment/types.ts'
import { metrics, parseMetricName } from '../metrics/index.ts'
import { InputError } from '../util/errors.ts'
import { byteSize, duration, figure } from '../util/text.ts'
import { jsonOption, option, wholeNumber, type CommandDefinition } from './command.ts'
import { table } from './table.ts'

interface Board {
  readonly objective: Objective
  readonly rows: readonly LeaderboardRow[]
}

export const leaderboardCommand: CommandDefinition = {
  usage: 'leaderboard <experiment>',
  summary: 'Rank the finished trials of an experiment, by rows no model learnt from',
  examples: [
    'glasspilot leaderboard glasspilot-mnist',
    'glasspilot leaderboard glasspilot-churn --metric AUC --top 10',
  ],
  options: [
    option('--metric <name>', 'rank by this metric (default: the objective of the experiment)'),
    option('--top <n>', 'show only the first n').argParser(wholeNumber(1)),
    jsonOption(),
  ],
  async run({ args, options }, { print, columns }) {
    const board = readBoard(args[0]!)
    const objective =
      options['metric'] === undefined ? board.objective : chooseMetric(String(options['metric']), board)
    const ranked = objective === board.objective ? board.rows : rerank(board.rows, objective)
    const rows = ranked.slice(0, (options['top'] as number | undefined) ?? ranked.length)
    if (options['json']) print(JSON.stringify(rows.map(row => ({ ...row, params: row.params }))))
    else print(formatBoard(rows, objective, columns))
  },
}

function readBoard(folder: string): Board {
  const { paths, trials } = readExperiment(folder)
  if (existsSync(paths.leaderboardJson)) return readDocument<Board>(paths.leaderboardJson)
  throw new InputError(
    'E_NO_TRIALS',
    `experiment ${folder} has ${trials.length} finished trials and no leaderboard yet: expected a trained experiment; train it with "glasspilot resume ${folder}"`,
  )
}

function chooseMetric(text: string, { rows }: Board): Objective {
  const name = parseMetricName(text)
  if (rows.some(row => row.metrics[name] !== undefined)) return { name, direction: metrics[name].direction }
  const known = Object.keys(rows.find(row => row.score !== null)?.metrics ?? {})
  throw new InputError(
    'E_UNKNOWN_METRIC',
    `--metric ${name} was not measured here: expected one of ${known.join(', ')}`,
    { exit: 'usage' },
  )
}

const rerank = (rows: readonly LeaderboardRow[], objective: Objective): LeaderboardRow[] => {
  const byId = new Map(rows.map(row => [row.trial, row]))
  const trials = rows.map(({ trial, candidate, algorithm, params, state, metrics }) => ({
    id: trial,
    candidate,
    algorithm,
    params,
    seed: 0,
    state,
    metrics,
  }))
  return rankTrials(trials, objective).map(({ rank, trial, score }) => ({
    ...byId.get(trial)!,
    rank,
    score,
    std: null,
  }))
}

function formatBoard(rows: readonly LeaderboardRow[], { name }: Objective, columns: number): string {
  const cells = rows.map(row => [
    String(row.rank),
    String(row.trial),
    row.candidate,
    row.score === null ? row.state : figure(row.score, 6),
    row.std === null ? '' : `± ${figure(row.std, 2)}`,
    row.fitSeconds === null ? '' : duration(row.fitSeconds),
    row.predictMicrosecondsPerRow === null ? '' : `${figure(row.predictMicrosecondsPerRow, 3)} µs`,
    row.bytes === null ? '' : byteSize(row.bytes),
    row.reason ?? '',
  ])
  return table(
    ['rank', 'trial', 'candidate', name, 'std', 'fit', 'per row', 'size', ''],
    cells,
    columns,
    'rrlrrrrrl',
  )
}

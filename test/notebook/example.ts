import type { Candidate } from '../../src/candidates/candidate.ts'
import type { NotebookInput, NotebookLeaderboardRow } from '../../src/notebook/index.ts'
import { choice, logFloat, logInt, when } from '../../src/params/space.ts'
import type {
  ColumnProfile,
  DatasetProfile,
  HistogramBin,
  NumericSummary,
} from '../../src/profile/profile.ts'

/** Names a user may choose, all in one place so that a test can make any of them nasty. */
export interface Names {
  readonly column: string
  readonly other: string
  readonly target: string
  readonly label: string
  readonly experiment: string
  readonly dataset: string
  readonly cell: string
}

export const plainNames: Names = {
  column: 'age',
  other: 'city',
  target: 'left',
  label: 'yes',
  experiment: 'churn',
  dataset: 'customers.csv',
  cell: 'Seoul',
}

const bins: HistogramBin[] = [
  ...Array.from({ length: 8 }, (_, i) => ({
    from: 10 * i,
    to: 10 * (i + 1),
    count: (i + 1) * (9 - i),
    outlier: false,
  })),
  { from: 80, to: 900, count: 3, outlier: true },
]

export const numericSummary: NumericSummary = {
  count: 190,
  mean: 41.25,
  std: 17.5,
  min: 1,
  max: 900,
  median: 40,
  quantiles: [2, 8, 27, 55, 71, 79],
  skew: 1.25,
  kurtosis: 4.5,
  outlierFraction: 0.0158,
  integerFraction: 1,
  zeroFraction: 0,
  histogram: bins,
}

function columns(names: Names): ColumnProfile[] {
  return [
    {
      name: names.column,
      kind: 'numeric',
      use: 'feature',
      reason: `Every value of ${names.column} is a number.`,
      types: ['numeric'],
      missing: 10,
      missingFraction: 0.05,
      distinct: 71,
      distinctExact: true,
      numericFraction: 1,
      numeric: numericSummary,
      top: [{ value: '40', count: 9 }],
    },
    {
      name: names.other,
      kind: 'categorical',
      use: 'feature',
      reason: 'Few different values.',
      types: ['categorical', 'text'],
      missing: 0,
      missingFraction: 0,
      distinct: 12,
      distinctExact: false,
      distinctWords: 14,
      numericFraction: 0,
      top: [{ value: names.cell, count: 55 }],
      meanLength: 6,
    },
    {
      name: names.target,
      kind: 'categorical',
      use: 'target',
      reason: 'Named as the target.',
      types: ['binary'],
      missing: 2,
      missingFraction: 0.01,
      distinct: 2,
      distinctExact: true,
      numericFraction: 0,
      top: [{ value: names.label, count: 150 }],
    },
  ]
}

export const profile = (names: Names): DatasetProfile => ({
  formatVersion: 1,
  dataset: names.dataset,
  rows: 200,
  columnCount: 3,
  target: {
    name: names.target,
    task: 'binary',
    taskReason: 'It has two different values.',
    missing: 2,
    invalid: 0,
    classes: [
      { label: names.label, count: 150, fraction: 0.7576 },
      { label: 'no', count: 48, fraction: 0.2424 },
    ],
  },
  columns: columns(names),
  duplicateRows: 4,
  duplicateFraction: 0.02,
  insights: [
    {
      id: 'W_DUPLICATES',
      severity: 'medium',
      title: 'Duplicate rows',
      fact: '4 of 200 rows (2 %) are exact copies of another.',
      why: 'A copy on both sides of a split makes scores look better than they are.',
      harmlessWhen: 'The copies are repeated measurements.',
      action: 'Remove them from the file.',
      numbers: { rows: 4 },
    },
    {
      id: 'W_LEAKAGE',
      severity: 'high',
      column: names.column,
      title: `${names.column} may give the target away`,
      fact: `${names.column} alone predicts ${names.target}.`,
      why: 'It may not be known at prediction time.',
      harmlessWhen: 'It is known when you predict.',
      action: `Drop ${names.column}.`,
      numbers: { power: 0.97 },
    },
  ],
  sample: {
    columns: [names.column, names.other, names.target],
    rows: [
      ['40', names.cell, names.label],
      ['', 'Pusan', 'no'],
    ],
  },
  correlation: {
    columns: [names.column, 'tenure'],
    values: [
      [1, 0.912],
      [0.912, 1],
    ],
  },
})

export const candidates = (names: Names): Candidate[] => [
  {
    name: 'dpp0-trees',
    role: 'plain',
    reason: `Trees over raw values; ${names.column} is kept as it is.`,
    groups: [
      {
        name: 'numeric',
        reason: 'parsable as numbers',
        columns: [names.column],
        encode: [{ transform: 'impute', params: { strategy: 'constant' } }],
        then: [],
      },
      {
        name: 'categorical',
        reason: 'few different values',
        columns: [names.other],
        encode: [
          { transform: 'one-hot', params: { maxCategories: 100 } },
          { transform: 'indicator', params: {} },
        ],
        then: [{ transform: 'scale', params: { center: false } }],
      },
    ],
    merged: [{ transform: 'scale', params: {} }],
    algorithm: 'trees',
    static: { objective: 'logistic' },
    space: {
      num_round: logInt(64, 1024, 100),
      booster: choice(['plain', 'dropout']),
      rate_drop: when('booster', ['dropout'], logFloat(1e-3, 0.5, 0.1)),
    },
  },
  {
    name: 'dpp1-lines',
    role: 'plain-linear',
    reason: 'A straight line is hard to beat on little data.',
    groups: [
      {
        name: 'all',
        reason: 'everything',
        columns: Array.from({ length: 30 }, (_, i) => (i === 7 ? names.column : `pixel${i}`)),
        encode: [{ transform: 'impute', params: {} }],
        then: [],
      },
    ],
    merged: [],
    algorithm: 'lines',
    static: {},
    space: {},
  },
]

export const leaderboard = (failure: string): NotebookLeaderboardRow[] => [
  ...[0.871234567, 0.8622, 0.85].map((score, i) => ({
    rank: i + 1,
    trial: 2 - i,
    candidate: i === 1 ? 'dpp1-lines' : 'dpp0-trees',
    algorithm: i === 1 ? 'lines' : 'trees',
    score,
    std: 0.01,
    metrics: { AUC: score, Accuracy: 0.8 },
    fitSeconds: 1.5 + i,
    predictMicrosecondsPerRow: 12.5,
    bytes: 123456,
    state: 'COMPLETE',
  })),
  {
    rank: 4,
    trial: 3,
    candidate: 'dpp1-lines',
    algorithm: 'lines',
    score: NaN,
    std: NaN,
    metrics: {},
    fitSeconds: 0,
    predictMicrosecondsPerRow: 0,
    bytes: 0,
    state: 'FAILED',
    reason: failure,
  },
]

/** A small experiment with every section in it. */
export const example = (names: Names = plainNames): NotebookInput => ({
  spec: {
    name: names.experiment,
    data: names.dataset,
    test: `${names.dataset}-test.csv`,
    target: names.target,
    mode: 'auto',
    maxCandidates: 250,
    budgetSeconds: 600,
    seed: 0,
    workers: 2,
    definitionsOnly: false,
    backend: 'local',
  },
  profile: profile(names),
  candidates: candidates(names),
  task: 'binary',
  objective: {
    name: 'AUC',
    direction: 'maximize',
    summary: 'The chance that a positive row is ranked above a negative one.',
  },
  folds: { kind: 'stratified', reason: 'There are fewer than 50,000 rows.', count: 5 },
  algorithms: [
    { name: 'trees', summary: 'Many small trees, each mending the last.' },
    { name: 'lines', summary: 'A weight for every feature.' },
  ],
  transforms: [
    { name: 'impute', summary: 'Fills missing values.' },
    { name: 'one-hot', summary: 'A 0/1 feature per category.' },
  ],
  leaderboard: leaderboard(`no ${names.column}`),
  best: { candidate: 'dpp0-trees', algorithm: 'trees', score: 0.871234567 },
})

/** The same for a numeric target of image-shaped rows, nothing trained yet. */
export function pictureExample(): NotebookInput {
  const input = example()
  const names = Array.from({ length: 70 }, (_, i) => `pixel${i}`)
  const [, , target] = input.profile.columns
  const pixel: Omit<ColumnProfile, 'name'> = {
    ...input.profile.columns[0]!,
    missing: 0,
    missingFraction: 0,
    reason: 'A pixel.',
  }
  const { leaderboard: _leaderboard, best: _best, ...rest } = input
  return {
    ...rest,
    task: 'regression',
    objective: { name: 'RMSE', direction: 'minimize' },
    folds: { kind: 'random', reason: 'There are more than 50,000 rows.', count: 1 },
    profile: {
      ...input.profile,
      columnCount: 71,
      target: {
        name: 'left',
        task: 'regression',
        taskReason: 'Numbers.',
        missing: 0,
        invalid: 1,
        numeric: numericSummary,
      },
      columns: [...names.map(name => ({ ...pixel, name })), target!],
      duplicateRows: 0,
      duplicateFraction: 0,
      insights: [],
      image: {
        height: 7,
        width: 10,
        channels: 1,
        columns: names,
        reason: '70 columns hold whole numbers from 0 to 255.',
      },
    },
    images: [0, 1].map(digit => ({
      label: String(digit),
      pixels: Float64Array.from({ length: 70 }, (_, i) => (i * (digit + 2)) % 256),
    })),
  }
}

import { count, figure } from '../util/text.ts'
import { section } from './section.ts'
import { percent, short } from './words.ts'

const FOLDER = 'data-exploration'
const PAIRS = 15
const SHOWN_COLUMNS = 12
const MEASURES = {
  spearman: "Spearman's ρ",
  'cramers-v': "Cramér's V",
  'correlation-ratio': 'correlation ratio η',
} as const

export const quickModel = section(
  FOLDER,
  'quick-model',
  {
    metric: 'text',
    score: 'text',
    error: 'text',
    baseline: 'text',
    trainRows: 'text',
    scoredRows: 'text',
    columns: 'text',
  },
  ({ profile: { quickModel: model } }) =>
    model && {
      metric: model.metric,
      score: figure(model.score),
      error: figure(model.error, 2),
      baseline: figure(model.baseline),
      trainRows: count(model.trainRows),
      scoredRows: count(model.scoredRows),
      columns: count(model.columns),
    },
)

export const associations = section(
  FOLDER,
  'associations',
  { pairs: [{ first: 'text', second: 'text', measure: 'text', value: 'text' }], chance: 'text' },
  ({ profile: { associations: found } }) => {
    if (!found || found.pairs.length === 0) return undefined
    const pairs = [...found.pairs].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, PAIRS)
    return {
      chance: figure(3 * found.error, 2),
      pairs: pairs.map(({ first, second, measure, value }) => ({
        first: short(first, 60),
        second: short(second, 60),
        measure: MEASURES[measure],
        value: value.toFixed(3),
      })),
    }
  },
)

export const anomalies = section(
  FOLDER,
  'anomalies',
  {
    scored: 'text',
    unusual: 'text',
    columns: [{ name: 'text' }],
    rows: [{ row: 'text', score: 'text', cells: [{ value: 'text' }] }],
  },
  ({ profile: { anomalies: found } }) =>
    found && {
      scored: count(found.scoredRows),
      unusual: count(found.unusual),
      columns: found.columns.slice(0, SHOWN_COLUMNS).map(name => ({ name: short(name) })),
      rows: found.rows.map(({ row, score, values }) => ({
        row: count(row + 1),
        score: score.toFixed(3),
        cells: values.slice(0, SHOWN_COLUMNS).map(value => ({ value: short(value) })),
      })),
    },
)

export const drift = section(
  FOLDER,
  'drift',
  {
    auc: 'text',
    error: 'text',
    testRows: 'text',
    columns: [{ name: 'text', auc: 'text', missingTrain: 'text', missingTest: 'text', unseen: 'text' }],
  },
  ({ profile: { drift: found } }) =>
    found && {
      auc: figure(found.auc),
      error: figure(found.error, 2),
      testRows: count(found.testRows),
      columns: found.columns.map(({ name, auc, missingTrain, missingTest, unseen }) => ({
        name: short(name, 60),
        auc: auc.toFixed(3),
        missingTrain: percent(missingTrain),
        missingTest: percent(missingTest),
        unseen: unseen === undefined ? '–' : percent(unseen),
      })),
    },
)

import { count, figure } from '../util/text.ts'
import type { Facts, Finding, Rule } from './insights.ts'
import { LEAKAGE } from './judge.ts'
import type { ColumnPrediction } from './profile.ts'

const MERGE_LEAKS_ABOVE = 2
/** Accuracy does not see a column that moves probabilities but no label; the loss does. */
const LEAST_LOSS_REDUCTION = 0.002
/** Of the way from knowing nothing to knowing all. */
const LOW_SHARE = 0.05
const SOME_DRIFT = 0.55
const MUCH_DRIFT = 0.7
const SURE_ERRORS = 3
const ORDER_POWER = 0.1

const LEAVE_OUT =
  'Leave the column out: pass --features FILE with {"FeatureAttributeNames": […]} naming all other columns.'

const judged = (facts: Facts, keep: (prediction: ColumnPrediction) => boolean): Finding[] =>
  facts.features.flatMap(({ profile: { name, prediction, use } }) =>
    !prediction || (use !== 'feature' && !facts.dropped.has(name)) || !keep(prediction)
      ? []
      : [
          {
            column: name,
            fact: `Alone it reaches ${prediction.metric} ${figure(prediction.score, 4)} ± ${figure(prediction.error, 2)} (knowing nothing: ${figure(prediction.baseline, 4)}); its prediction power is ${figure(prediction.power, 3)}.`,
            numbers: {
              power: prediction.power,
              metric: prediction.metric,
              score: prediction.score,
              baseline: prediction.baseline,
              error: prediction.error,
            },
          },
        ],
  )

/** What small models say of the table. */
export const modelRules: readonly Rule[] = [
  {
    id: 'W_LEAKAGE',
    severity: 'high',
    title: 'A column almost gives the target away',
    why: 'Such a column is often made from the target or known only after it; the score is then too good to be true, and the model fails where the column is not yet known.',
    harmlessWhen: 'The column is known before the prediction is needed.',
    action:
      'Pass --drop-leaks to leave out every such column, or name the columns to keep with --features FILE.',
    mergeAbove: MERGE_LEAKS_ABOVE,
    // The only column of a table has nothing to leak past.
    find: facts =>
      facts.features.filter(({ profile: { name, use } }) => use === 'feature' || facts.dropped.has(name))
        .length < 2
        ? []
        : judged(facts, ({ power }) => power > LEAKAGE).map(finding =>
            facts.dropped.has(finding.column!)
              ? {
                  ...finding,
                  action: 'None needed: --drop-leaks left it out; run without that flag to keep it.',
                }
              : finding,
          ),
  },
  {
    id: 'W_QUICK_MODEL_VERY_LOW',
    severity: 'high',
    title: 'A quick model is worse than a constant answer',
    why: 'The columns may say nothing about the target, or too few rows may be there to learn it.',
    harmlessWhen: 'A longer search finds what a quick look misses, which is rare.',
    action: 'Check that --target names the right column, and add columns or rows that bear on it.',
    find: facts => quickModel(facts, (score, baseline) => score < baseline),
  },
  {
    id: 'W_QUICK_MODEL_LOW',
    severity: 'medium',
    title: 'A quick model finds little to learn',
    why: 'What can be learnt from these columns is little; no search makes much of it.',
    harmlessWhen: 'A small advantage over chance is worth having.',
    action: 'Add columns or rows that bear on the target.',
    find: facts =>
      quickModel(
        facts,
        (score, baseline) => score >= baseline && score < LOW_SHARE + (1 - LOW_SHARE) * baseline,
      ),
  },
  {
    id: 'W_UNINFORMATIVE',
    severity: 'low',
    title: 'A column tells nothing alone',
    why: 'It costs time, and a model may take its chance pattern for a rule.',
    harmlessWhen: 'It tells something together with others; boosted trees leave it aside otherwise.',
    action: LEAVE_OUT,
    find: facts =>
      judged(facts, ({ power, lossReduction = 0 }) => power <= 0 && lossReduction < LEAST_LOSS_REDUCTION),
  },
  {
    id: 'W_DRIFT',
    severity: 'medium',
    title: 'The test file differs from the training file',
    why: 'A score on rows unlike the training rows, and a model used on them, may be much worse than validation says.',
    harmlessWhen:
      'The difference lies in columns that do not bear on the target, such as a date or a running number.',
    action:
      'Look at the named columns; leave out those that mark the file only (--features FILE), or validate in order of time with --time COLUMN.',
    find: ({ drift }) => {
      if (!drift || drift.auc < SOME_DRIFT || drift.auc - 0.5 < SURE_ERRORS * drift.error) return []
      const telling = drift.columns.filter(
        ({ auc, error }) => auc >= SOME_DRIFT && auc - 0.5 >= SURE_ERRORS * error,
      )
      const named = telling
        .slice(0, 5)
        .map(({ name, auc }) => `${JSON.stringify(name)} (${figure(auc, 3)})`)
        .join(', ')
      return [
        {
          severity: drift.auc >= MUCH_DRIFT ? 'high' : 'medium',
          fact: `A model tells test rows from training rows with AUC ${figure(drift.auc, 3)} ± ${figure(drift.error, 2)}${named ? `; alone do so ${named}` : ', though no column does so alone'}.`,
          numbers: {
            auc: drift.auc,
            error: drift.error,
            testRows: drift.testRows,
            columns: telling.map(({ name }) => name).join('\n'),
          },
        },
      ]
    },
  },
  {
    id: 'W_ROW_ORDER',
    severity: 'low',
    title: 'The place in the file foretells the target',
    why: 'Rows near each other are alike; when the order is one of time or of source, scores on shuffled rows are too good.',
    harmlessWhen:
      'The file was sorted by the target or by a column afterwards: rows are shuffled before they are split.',
    action: 'If the rows are in order of time, add the time as a column and pass --time COLUMN.',
    find: ({ rowOrder, timeHints }) =>
      !rowOrder || rowOrder.power <= ORDER_POWER || timeHints.length > 0
        ? []
        : [
            {
              fact: `The row number alone has a prediction power of ${figure(rowOrder.power, 3)}.`,
              numbers: { power: rowOrder.power, score: rowOrder.score },
            },
          ],
  },
]

function quickModel(
  { quickModel: model }: Facts,
  isLow: (score: number, baseline: number) => boolean,
): Finding[] {
  if (!model || !isLow(model.score, model.baseline)) return []
  const { metric, score, baseline, error, trainRows, scoredRows } = model
  return [
    {
      fact: `Boosted trees on ${count(trainRows)} rows reach ${metric} ${figure(score, 4)} ± ${figure(error, 2)} on ${count(scoredRows)} others; a constant answer has ${figure(baseline, 4)}.`,
      numbers: { metric, score, baseline, error, trainRows, scoredRows },
    },
  ]
}

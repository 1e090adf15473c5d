import type { GroupRates } from '../explain/fairness.ts'
import { count, figure } from '../util/text.ts'
import { fragment, table } from './html.ts'
import type { Markup } from './html.ts'
import type { ReportInput } from './input.ts'

const share = (value: number | undefined) => (value === undefined ? '–' : figure(value, 4))

export function sliceSection({ slices }: ReportInput): Markup | undefined {
  if (!slices) return undefined
  const { metric, whole, rows } = slices
  return fragment`<h2>Where the model is weakest</h2>
    ${
      rows.length === 0
        ? fragment`<p>No part of the table that a single column tells apart is worse than the rest by two standard errors.</p>`
        : fragment`<p>
              Parts of the table, by single columns, where the loss is higher than elsewhere by two standard errors or more (of
              many parts one in forty by chance alone); ${metric} over all rows is ${figure(whole, 4)}.
            </p>
            ${table(
              ['column', 'value', '#rows', `#${metric}`, '#loss, times the mean'],
              rows.map(row => [
                row.column,
                row.where,
                count(row.rows),
                share(row.score),
                figure(row.ratio, 3),
              ]),
            )}`
    } `
}

export function fairnessSection({ fairness }: ReportInput): Markup | undefined {
  if (!fairness) return undefined
  const { column, groups, impact, opportunity, odds } = fairness
  const columns: readonly (readonly [string, (group: GroupRates) => number | undefined])[] = [
    ['#accuracy', group => group.accuracy],
    ['#called positive', group => group.selected],
    ['#true positive rate', group => group.truePositive],
    ['#false positive rate', group => group.falsePositive],
    ['#RMSE', group => group.rmse],
    ['#mean error', group => group.bias],
  ]
  const used = columns.filter(([, value]) => groups.some(group => value(group) !== undefined))
  const facts = [
    impact === undefined
      ? undefined
      : `The lowest share of positive answers is ${figure(impact, 3)} of the highest (four fifths, 0.8, is a common limit).`,
    opportunity === undefined ? undefined : `True positive rates differ by up to ${figure(opportunity, 3)}.`,
    odds === undefined ? undefined : `True or false positive rates differ by up to ${figure(odds, 3)}.`,
  ].filter(fact => fact !== undefined)
  return fragment`<h2>Fairness by ${column}</h2>
    <p>
      Rates on held-out rows for each group of at least 20 rows.
      ${facts.join(' ')} Which of them matters is for people to say.
    </p>
    ${table(
      ['group', '#rows', ...used.map(([name]) => name)],
      groups.map(group => [group.group, count(group.rows), ...used.map(([, value]) => share(value(group)))]),
    )} `
}

export const worstSection = ({ worst }: ReportInput): Markup | undefined =>
  worst && worst.rows.length > 0
    ? fragment`<h2>Worst rows</h2>
        <p>
          Held-out rows with the greatest loss: wrong labels, rare cases, or something the columns do not say. Rows are
          counted from the first under the header; <code>glasspilot explain DIR --row N</code> says what each answer is made of.
        </p>
        ${table(worst.columns, worst.rows)} `
    : undefined

import { count, figure } from '../util/text.ts'
import type { Rule } from './insights.ts'

/** Autopilot refuses to train on fewer. */
const FEW_ROWS = 500
const MANY_DUPLICATES = 0.05
/** More sets of equal columns than this are told together. */
const SETS_TOLD_ALONE = 3

/** What may be wrong with the rows as a whole. */
export const tableRules: readonly Rule[] = [
  {
    id: 'W_SMALL_DATA',
    severity: 'medium',
    title: 'Few rows',
    why: 'Scores from few rows vary by chance; small differences between candidates mean nothing.',
    harmlessWhen: 'A rough answer is enough.',
    action: 'Collect more rows; look at the standard deviation beside each score.',
    find: ({ rows }) =>
      rows < FEW_ROWS ? [{ fact: `The table has ${count(rows)} rows.`, numbers: { rows } }] : [],
  },
  {
    id: 'W_DUPLICATES',
    severity: 'medium',
    title: 'Duplicate rows',
    why: 'A row that stands both in training and in validation is predicted from memory, and the score is too high. Splits keep copies on one side where there are enough different rows; each copy still counts.',
    harmlessWhen:
      'Equal rows are different events that happen to agree, as in tables of few small whole numbers.',
    action:
      'Remove repeated rows from the file; with --time COLUMN do so in any case, as that split does not look for copies.',
    find: ({ repeated: { duplicates }, rows }) => {
      if (duplicates === 0) return []
      const share = duplicates / rows
      return [
        {
          severity: share > MANY_DUPLICATES ? 'high' : 'medium',
          fact: `${count(duplicates)} of ${count(rows)} rows (${figure(100 * share, 3)} %) have an equal elsewhere, target included.`,
          numbers: { duplicates, share },
        },
      ]
    },
  },
  {
    id: 'W_CONFLICTING_LABELS',
    severity: 'medium',
    title: 'Equal rows with different targets',
    why: 'No model can be right on all of them: they bound the score that can be reached.',
    harmlessWhen: 'The outcome is a matter of chance.',
    action: 'Look for a column that tells these rows apart, or correct their targets.',
    find: ({ repeated: { conflicts, settled }, rows, target }) =>
      conflicts === 0
        ? []
        : [
            {
              severity: conflicts / rows > MANY_DUPLICATES ? 'medium' : 'low',
              fact: `${count(conflicts)} of ${count(rows)} rows agree in every feature with a row of another target${target?.profile.task === 'regression' || conflicts - settled < 0.001 * rows ? '' : `; no model can be right on more than ${figure((100 * (rows - conflicts + settled)) / rows, 4)} % of all rows`}.`,
              numbers: { conflicts, share: conflicts / rows, settled },
            },
          ],
  },
  {
    id: 'W_DUPLICATE_COLUMN',
    severity: 'low',
    title: 'Columns that say the same',
    why: 'They cost time twice and share their importance between them.',
    harmlessWhen: 'Always harmless for the score of tree models.',
    action: 'Leave all but one out by naming the others in FeatureAttributeNames of a --features FILE.',
    find: ({ equalColumns }) =>
      equalColumns.length <= SETS_TOLD_ALONE
        ? equalColumns.map(group => ({
            fact: `${listed(group)} tell the rows apart in the same way: equal, or each value of one beside one value of the other.`,
            numbers: { columns: group.length, names: group.join('\n') },
          }))
        : [
            {
              fact: `${count(equalColumns.length)} sets of columns tell the rows apart in the same way: equal, or each value of one beside one value of the other. The first: ${equalColumns.slice(0, SETS_TOLD_ALONE).map(listed).join('; ')}.`,
              numbers: {
                sets: equalColumns.length,
                columns: equalColumns.reduce((sum, group) => sum + group.length, 0),
              },
            },
          ],
  },
]

const listed = (group: readonly string[]): string =>
  `${group
    .slice(0, 5)
    .map(name => JSON.stringify(name))
    .join(', ')}${group.length > 5 ? ` and ${group.length - 5} more` : ''}`

import { count, figure } from '../util/text.ts'
import { frequentValues } from './columns.ts'
import type { JoinedLabels } from '../data/target.ts'
import { normalLabel } from '../data/target.ts'
import type { Facts, Finding, Rule } from './insights.ts'

const percent = (share: number): string => `${figure(100 * share, 3)} %`
const quantity = ({ target }: Facts) => (target?.profile.task === 'regression' ? target.profile : undefined)
const labels = ({ target }: Facts) =>
  target && target.profile.task !== 'regression' ? target.profile.classes : undefined
const binary = (facts: Facts) => (facts.target?.profile.task === 'binary' ? labels(facts) : undefined)

const OUTLIER_SKEW = 3
const HEAVY_KURTOSIS = 10
const SOME_KURTOSIS = 3
const MANY_INVALID = 0.05
const SMALL_MINORITY = 20
const MANY_CLASSES = 100
const RARE_CLASS_ROWS = 10
const IMBALANCE = 0.01
const CORRELATION = 0.95

/** What may be wrong with the target. */
export const targetRules: readonly Rule[] = [
  {
    id: 'W_SKEWED_TARGET',
    severity: 'high',
    title: 'Skewed target',
    why: 'A few very large or very small values dominate squared errors, and the model serves the rest badly.',
    harmlessWhen: 'The extreme values are real and matter as much as they weigh.',
    action:
      'Choose --objective MAE, or learn the logarithm of the target by adding it as a column and naming that with --target.',
    find: facts => {
      const numeric = quantity(facts)?.numeric
      if (!numeric || numeric.outlierFraction <= 0 || Math.abs(numeric.skew) <= OUTLIER_SKEW) return []
      const { skew, outlierFraction } = numeric
      return [
        {
          fact: `The skew of the target is ${figure(skew, 3)} and ${percent(outlierFraction)} of its values are outliers.`,
          numbers: { skew, outlierFraction },
        },
      ]
    },
  },
  {
    id: 'W_HEAVY_TAILED_TARGET',
    severity: 'high',
    title: 'Heavy-tailed target',
    why: 'Values far from the middle are much more frequent than usual, and each of them pulls the model towards itself.',
    harmlessWhen: 'The far values are right and have to be predicted too.',
    action: 'Check the largest and smallest values, then choose --objective MAE if they are to count less.',
    find: facts => {
      const numeric = quantity(facts)?.numeric
      if (!numeric || numeric.kurtosis <= HEAVY_KURTOSIS || isSkewed(facts)) return []
      const { kurtosis, outlierFraction } = numeric
      return [
        {
          fact: `The kurtosis of the target is ${figure(kurtosis, 3)} (a normal distribution has 3).`,
          numbers: { kurtosis, outlierFraction },
        },
      ]
    },
  },
  {
    id: 'W_TARGET_OUTLIERS',
    severity: 'medium',
    title: 'Target has a few outliers',
    why: 'Single far values can move squared-error models noticeably.',
    harmlessWhen: 'They are few and correct.',
    action:
      'Look at the rows with the largest and smallest target; choose --objective MAE if they are to count less.',
    find: facts => {
      const numeric = quantity(facts)?.numeric
      if (
        !numeric ||
        numeric.kurtosis <= SOME_KURTOSIS ||
        numeric.kurtosis > HEAVY_KURTOSIS ||
        numeric.outlierFraction <= 0 ||
        isSkewed(facts)
      )
        return []
      const { kurtosis, outlierFraction } = numeric
      return [
        {
          fact: `${percent(outlierFraction)} of the target's values are outliers; its kurtosis is ${figure(kurtosis, 3)}.`,
          numbers: { kurtosis, outlierFraction },
        },
      ]
    },
  },
  {
    id: 'W_FREQUENT_TARGET_VALUE',
    severity: 'medium',
    title: 'One target value is very frequent',
    why: 'A value that stands out, often 0 or a cap, may be a placeholder, or hide a yes-or-no question inside the quantity.',
    harmlessWhen: 'The value is a natural outcome, such as no rain.',
    action:
      'If it means "unknown", delete it in the file; if it is an answer of its own, learn first whether it occurs, then how much.',
    find: facts => {
      const counts = quantity(facts) && facts.target!.examined.counts
      const [top] = counts ? frequentValues(counts, 1) : []
      if (!counts || !top) return []
      const share = top.count / counts.present
      if (share <= Math.max(0.1, 5 / counts.values.length)) return []
      return [
        {
          fact: `The value ${figure(top.value)} stands in ${count(top.count)} rows (${percent(share)}).`,
          numbers: { value: top.value, count: top.count, share },
        },
      ]
    },
  },
  {
    id: 'W_INVALID_TARGET',
    severity: 'medium',
    title: 'Target values that are no numbers',
    why: 'Rows whose target cannot be read as a number are left out of training and scoring.',
    harmlessWhen: 'They are few and mean that the value is unknown.',
    action:
      'Correct the values in the file, or pass --problem-type MulticlassClassification if the target is a list of words.',
    find: ({ target, rows }) => {
      const invalid = target?.profile.invalid ?? 0
      if (invalid === 0) return []
      const share = invalid / rows
      const values = (target?.profile.invalidValues ?? [])
        .map(({ value, count: n }) => `${JSON.stringify(value.slice(0, 40))} × ${n}`)
        .join(', ')
      return [
        {
          severity: share > MANY_INVALID ? 'high' : 'medium',
          fact: `${count(invalid)} target values (${percent(share)}) are no numbers${values === '' ? '' : ` (most common: ${values})`}; their rows are left out.`,
          numbers: { invalid, share, values },
        },
      ]
    },
  },
  {
    id: 'W_MISSING_TARGET',
    severity: 'low',
    title: 'Rows without a target',
    why: 'Nothing can be learnt from rows whose target is missing; they are left out.',
    harmlessWhen: 'The rows with a target are like the rows without.',
    action: 'Fill in the target in the file where it is known.',
    find: ({ target, rows }) => {
      const missing = target?.profile.missing ?? 0
      if (missing === 0) return []
      const share = missing / rows
      return [
        {
          severity: share > 0.5 ? 'high' : 'low',
          fact: `${count(missing)} of ${count(rows)} rows (${percent(share)}) have no target.`,
          numbers: { missing, share },
        },
      ]
    },
  },
  {
    id: 'W_SMALL_MINORITY',
    severity: 'high',
    title: 'Very small minority class',
    why: 'With so few examples neither the model nor its score can be trusted.',
    harmlessWhen: 'Never, for a yes-or-no question that matters.',
    action: 'Collect more rows of the rarer class.',
    find: facts => {
      const minority = binary(facts)?.at(-1)
      if (!minority || minority.count >= SMALL_MINORITY) return []
      return [
        {
          fact: `Only ${minority.count} rows have the label ${JSON.stringify(minority.label)}.`,
          numbers: { label: minority.label, count: minority.count },
        },
      ]
    },
  },
  {
    id: 'W_MANY_CLASSES',
    severity: 'medium',
    title: 'Many classes',
    why: 'Every class takes its own share of rows and time; most models become slow and vague.',
    harmlessWhen: 'Each class has plenty of rows.',
    action:
      'Join classes that need not be told apart, or pass --problem-type Regression if the target is a quantity.',
    find: facts => {
      const classes = labels(facts)?.length ?? 0
      return classes > MANY_CLASSES
        ? [{ fact: `The target has ${count(classes)} classes.`, numbers: { classes } }]
        : []
    },
  },
  {
    id: 'W_RARE_CLASS',
    severity: 'high',
    title: 'Rare target label',
    why: 'A class of ten rows or fewer is missing from some folds or has one or two rows there, so its score is chance.',
    harmlessWhen: 'Mistakes on these classes cost nothing.',
    action: 'Collect more rows of these classes, join them with others, or delete their rows.',
    find: facts => {
      const classes = labels(facts)
      if (
        !classes ||
        classes.length > MANY_CLASSES ||
        (classes.length === 2 && classes[1]!.count >= SMALL_MINORITY)
      )
        return []
      const rare = classes.filter(entry => entry.count <= RARE_CLASS_ROWS)
      if (rare.length === 0) return []
      const named = rare
        .slice(-5)
        .map(entry => `${JSON.stringify(entry.label)} (${entry.count})`)
        .join(', ')
      return [
        {
          fact: `${rare.length} of ${classes.length} classes have ${RARE_CLASS_ROWS} rows or fewer: ${named}${rare.length > 5 ? ' …' : ''}.`,
          numbers: { classes: rare.length, rows: rare.reduce((sum, entry) => sum + entry.count, 0) },
        },
      ]
    },
  },
  {
    id: 'W_IMBALANCE',
    severity: 'medium',
    title: 'Imbalanced classes',
    why: 'A model that always answers the frequent class looks right almost always, and accuracy says nothing.',
    harmlessWhen: 'The objective weighs the classes, as F1, AUC or BalancedAccuracy do.',
    action:
      'Choose --objective F1, AUC or BalancedAccuracy (F1macro or BalancedAccuracy for more than two classes).',
    find: facts => {
      const classes = labels(facts)
      if (!classes || classes.length < 2) return []
      const most = classes[0]!
      const least = classes.at(-1)!
      const ratio = least.count / most.count
      if (ratio >= IMBALANCE) return []
      return [
        {
          fact: `${JSON.stringify(least.label)} has ${count(least.count)} rows, ${JSON.stringify(most.label)} has ${count(most.count)}.`,
          numbers: { least: least.count, most: most.count, ratio },
        },
      ]
    },
  },
  {
    id: 'W_LABEL_VARIANTS',
    severity: 'medium',
    title: 'Labels that differ only in writing',
    why: 'They are learnt as different classes.',
    harmlessWhen: 'The difference is meant.',
    action: 'Pass --normalise-labels to join them, or write the label one way in the file.',
    find: facts => {
      if (facts.joined.length > 0) return facts.joined.map(tellJoined)
      const groups = new Map<string, string[]>()
      for (const { label } of labels(facts) ?? []) {
        const plain = normalLabel(label)
        groups.set(plain, [...(groups.get(plain) ?? []), label])
      }
      return [...groups.values()]
        .filter(group => group.length > 1)
        .map(group => ({
          fact: `${group.map(label => JSON.stringify(label)).join(' and ')} are different classes.`,
          numbers: { variants: group.length },
        }))
    },
  },
  {
    id: 'W_TARGET_CORRELATION',
    severity: 'high',
    title: 'A column follows the target almost exactly',
    why: 'Such a column is often made from the target or known only after it; the score is then too good to be true.',
    harmlessWhen: 'The column is known before the prediction is needed.',
    action: 'Leave the column out by naming the others in FeatureAttributeNames of a --features FILE.',
    find: ({ targetCorrelation }) =>
      [...targetCorrelation]
        .filter(([, r]) => r > CORRELATION)
        .map(([column, r]) => ({
          column,
          fact: `Its correlation with the target is ${figure(r, 4)}.`,
          numbers: { correlation: r },
        })),
  },
]

const tellJoined = ({ label, writings }: JoinedLabels): Finding => ({
  severity: 'low',
  fact: `${writings.map(writing => JSON.stringify(writing)).join(' and ')} are learnt as the one class ${JSON.stringify(label)}.`,
  numbers: { variants: writings.length, label },
  action: 'None needed: --normalise-labels joined them; run without that flag to keep them apart.',
})

function isSkewed(facts: Facts): boolean {
  const numeric = quantity(facts)?.numeric
  return numeric !== undefined && numeric.outlierFraction > 0 && Math.abs(numeric.skew) > OUTLIER_SKEW
}

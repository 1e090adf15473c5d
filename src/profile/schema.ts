import { z } from 'zod'
import type { DatasetProfile } from './profile.ts'

const count = z.int().nonnegative()
const fraction = z.number().min(0).max(1)
const names = z.array(z.string())
const table = z.array(names)
const told = <T extends z.ZodType>(type: T, text: string): T => type.describe(text)

const Histogram = z.array(z.strictObject({ from: z.number(), to: z.number(), count, outlier: z.boolean() }))

const Numeric = z.strictObject({
  count,
  mean: z.number(),
  std: z.number(),
  min: z.number(),
  max: z.number(),
  median: z.number(),
  quantiles: told(
    z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
    '1, 5, 25, 75, 95 and 99 %',
  ),
  skew: z.number(),
  kurtosis: told(z.number(), "Pearson's: a normal distribution has 3"),
  outlierFraction: told(fraction, 'outside median ± 5 robust standard deviations'),
  integerFraction: fraction,
  zeroFraction: fraction,
  histogram: Histogram,
})

const Errors = told(
  z.strictObject({
    distinct: told(z.number().nonnegative(), '± share of distinct').exactOptional(),
    distinctWords: told(z.number().nonnegative(), '± share of distinctWords').exactOptional(),
    ranks: told(
      z.number().nonnegative(),
      '± rank of the median, the quantiles and those behind the limits of outliers',
    ).exactOptional(),
    shares: told(z.number().nonnegative(), '± of numericFraction').exactOptional(),
  }),
  'how far figures that were not counted row by row may be off, 95 times of 100; all others are exact',
)

const prediction = {
  metric: z.enum(['AUC', 'Accuracy', 'R2']),
  score: told(z.number(), 'on rows that were not learnt from'),
  baseline: told(z.number(), 'the score of an answer that knows nothing of the row'),
  error: told(z.number().nonnegative(), 'standard error of the score'),
  power: told(fraction, 'max((score − baseline) / (1 − baseline), 0)'),
}

const FeatureTypes = z.enum(['numeric', 'categorical', 'text', 'datetime', 'binary', 'sequence'])

const Column = z.strictObject({
  name: z.string(),
  kind: z.enum(['numeric', 'categorical', 'text', 'datetime']),
  use: z.enum(['feature', 'target', 'weight', 'group', 'time', 'ignored']),
  reason: told(z.string(), 'why it is read and used so, and how to change it'),
  types: told(z.array(FeatureTypes), 'most likely first'),
  sequence: told(z.literal(true), 'read as texts that list numbers').exactOptional(),
  missing: count,
  missingFraction: fraction,
  distinct: count,
  distinctExact: told(z.boolean(), 'false when distinct is an estimate'),
  distinctWords: count.exactOptional(),
  numericFraction: fraction,
  numeric: Numeric.exactOptional(),
  top: told(z.array(z.strictObject({ value: z.string(), count })), 'most frequent values, at most ten'),
  meanLength: z.number().exactOptional(),
  errors: Errors.exactOptional(),
  prediction: told(
    z.strictObject({
      ...prediction,
      lossReduction: told(
        z.number().max(1),
        'share of the loss of a constant answer that it takes away',
      ).exactOptional(),
    }),
    'what the column alone says of the target',
  ).exactOptional(),
})

const Target = z.strictObject({
  name: z.string(),
  task: z.enum(['binary', 'multiclass', 'regression']),
  taskReason: z.string(),
  missing: count,
  invalid: count,
  invalidValues: told(
    z.array(z.strictObject({ value: z.string(), count })),
    'the most frequent values that are no numbers',
  ).exactOptional(),
  joined: told(
    z.array(z.strictObject({ label: z.string(), writings: names })),
    'writings joined into one class by --normalise-labels',
  ).exactOptional(),
  classes: z.array(z.strictObject({ label: z.string(), count, fraction })).exactOptional(),
  numeric: Numeric.exactOptional(),
  errors: Errors.exactOptional(),
})

const Insight = z.strictObject({
  id: told(z.string().regex(/^W_[A-Z_]+$/), 'stable'),
  severity: z.enum(['high', 'medium', 'low']),
  column: z.string().exactOptional(),
  title: z.string(),
  fact: z.string(),
  why: z.string(),
  harmlessWhen: z.string(),
  action: told(z.string(), 'the exact flag or edit'),
  numbers: z.record(z.string(), z.union([z.number(), z.string()])),
})

const Associations = z.strictObject({
  columns: z.array(z.strictObject({ name: z.string(), type: z.enum(['numeric', 'categorical']) })),
  pairs: z.array(
    z.strictObject({
      first: z.string(),
      second: z.string(),
      measure: z.enum(['spearman', 'cramers-v', 'correlation-ratio']),
      value: z.number().min(-1).max(1),
      pearson: z.number().min(-1).max(1).exactOptional(),
    }),
  ),
  rows: count,
  error: told(z.number(), 'standard error of a correlation that is truly 0'),
})

const Anomalies = z.strictObject({
  scoredRows: count,
  trees: count,
  sample: told(count, 'rows each tree was grown on'),
  unusual: told(count, 'scored rows with a score below 0'),
  columns: names,
  rows: z.array(
    z.strictObject({ row: told(count, 'from 0'), score: z.number().min(-0.5).max(0.5), values: names }),
  ),
})

const Drift = z.strictObject({
  file: z.string(),
  trainRows: count,
  testRows: count,
  auc: told(fraction, 'of a model that guesses which file a row is from'),
  error: z.number().nonnegative(),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      auc: fraction,
      error: z.number().nonnegative(),
      missingTrain: fraction,
      missingTest: fraction,
      unseen: told(fraction, 'test rows whose category training never had').exactOptional(),
    }),
  ),
})

/** The shape of `profile.json`. Unknown fields are refused, so that a test sees when a profile and this page differ. */
export const profileSchema = z.strictObject({
  formatVersion: z.literal(1),
  dataset: z.string(),
  rows: count,
  columnCount: count,
  summary: z
    .strictObject({
      features: told(count, 'columns to learn from'),
      missingValues: told(count, 'empty cells of those'),
      missingShare: fraction,
      types: told(
        z.array(z.strictObject({ type: FeatureTypes, count, share: fraction })),
        'by likeliest type',
      ),
      severities: told(z.strictObject({ high: count, medium: count, low: count }), 'insights by severity'),
    })
    .exactOptional(),
  targetOutliers: told(
    z.strictObject({
      columns: names,
      rows: z.array(z.strictObject({ row: told(count, 'from 0'), value: z.number(), values: names })),
    }),
    'the five rows whose target lies furthest outside',
  ).exactOptional(),
  target: Target.exactOptional(),
  columns: z.array(Column),
  duplicateRows: told(count, 'every member of a set of equal rows is counted'),
  duplicateFraction: fraction,
  duplicateError: told(
    count,
    '± rows of duplicateRows, 95 times of 100, when they were counted in a part of the rows',
  ).exactOptional(),
  duplicateSample: z
    .strictObject({ columns: names, rows: z.array(z.strictObject({ count, values: names })) })
    .exactOptional(),
  conflicts: told(
    z.strictObject({
      rows: count,
      fraction,
      bestAccuracy: fraction.exactOptional(),
      error: told(count, '± rows, 95 times of 100').exactOptional(),
    }),
    'rows whose features stand elsewhere with another target',
  ).exactOptional(),
  sampled: told(
    z.strictObject({ rows: count, of: count, shareError: z.number() }),
    'what was not counted in all rows is of these; shares are right to ± shareError, 95 times of 100',
  ).exactOptional(),
  judged: told(
    z.strictObject({ rows: count, folds: count, classes: count }),
    'what the prediction of each column was measured on',
  ).exactOptional(),
  leftOut: told(names, 'parts of the profile that a short budget left out').exactOptional(),
  droppedLeaks: told(names, 'columns that give the target away, left out by --drop-leaks').exactOptional(),
  quickModel: z
    .strictObject({ ...prediction, trainRows: count, scoredRows: count, columns: count, folds: count })
    .exactOptional(),
  associations: Associations.exactOptional(),
  anomalies: Anomalies.exactOptional(),
  drift: Drift.exactOptional(),
  insights: z.array(Insight),
  sample: z.strictObject({ columns: names, rows: table }),
  correlation: told(
    z.strictObject({ columns: names, values: z.array(z.array(z.number().min(-1).max(1))) }),
    'Pearson',
  ).exactOptional(),
  image: z
    .strictObject({
      height: count,
      width: count,
      channels: z.union([z.literal(1), z.literal(3)]),
      columns: names,
      reason: z.string(),
    })
    .exactOptional(),
}) satisfies z.ZodType<DatasetProfile>

/** The published JSON Schema of `profile.json`. */
export const profileJsonSchema = (): object => ({
  title: 'Glasspilot profile',
  description: 'What Glasspilot knows of a table before training: profile.json of an experiment.',
  ...z.toJSONSchema(profileSchema),
})

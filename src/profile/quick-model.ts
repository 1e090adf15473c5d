import { fitBoosting } from '../algorithms/trees/boosting.ts'
import type { Column } from '../data/dataset.ts'
import { takeColumn } from '../data/dataset.ts'
import type { Feature, Features } from '../data/features.ts'
import { takeFeatures } from '../data/features.ts'
import { metrics } from '../metrics/index.ts'
import { predictModel } from '../models/index.ts'
import { datetimeVectorizer } from '../transforms/datetime-vectorizer.ts'
import { tfidf } from '../transforms/tfidf.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { ColumnScore } from './one-column.ts'
import { standardError } from './one-column.ts'
import type { Supervision } from './supervision.ts'
import { frequencyCodes } from './supervision.ts'

/** (Rows + bins of all leaves) × features × trees that a quick look may cost: about two seconds of one core. */
const MAX_WORK = 4e8
const LEAF_BINS = 8000
const MAX_ROWS = 50_000
const LEAST_ROWS = 2000
const MAX_COLUMNS = { few: 200, manyClasses: 64 }
const ROUNDS = { least: 20, most: 100 }
const TREES = 400
const WORDS = 100

export interface BoostingChoice {
  readonly seed: number
  readonly rounds: number
  readonly learningRate: number
  readonly maxRows: number
  /** Parts to score, one after the other; all that the supervision asks for when left out. */
  readonly folds?: number
}

export interface BoostedScore extends Omit<ColumnScore, 'lossReduction'> {
  readonly trainRows: number
  readonly scoredRows: number
  readonly columns: number
  readonly folds: number
}

/** A small model of all columns, or of the most telling ones: is there anything to learn? */
export function scoreQuickModel(
  columns: readonly Column[],
  power: ReadonlyMap<string, { readonly power: number }>,
  supervision: Supervision,
  seed: number,
): Promise<BoostedScore | undefined> {
  const outputs = supervision.target.task === 'multiclass' ? supervision.target.classes.length : 1
  const used = [...columns]
    .sort((a, b) => (power.get(b.name)?.power ?? 0) - (power.get(a.name)?.power ?? 0))
    .slice(0, outputs > 1 ? MAX_COLUMNS.manyClasses : MAX_COLUMNS.few)
  const rounds = Math.max(ROUNDS.least, Math.min(ROUNDS.most, Math.round(TREES / outputs)))
  const width = used.reduce((sum, column) => sum + WIDTHS[column.kind], 0)
  const affordable = Math.round(MAX_WORK / (width * outputs * rounds)) - LEAF_BINS
  const maxRows = Math.max(LEAST_ROWS, Math.min(MAX_ROWS, affordable))
  const rows = Math.min(maxRows, supervision.rows.length)
  const folds = (rows + LEAF_BINS) * supervision.folds <= affordable + LEAF_BINS ? supervision.folds : 1
  const learningRate = Math.min(0.3, Math.max(0.1, 8 / rounds))
  return scoreBoosting(used, supervision, { seed, rounds, learningRate, maxRows, folds })
}

const WIDTHS: Readonly<Record<Column['kind'], number>> = {
  numeric: 1,
  categorical: 1,
  datetime: 9,
  text: WORDS / 10, // sparse
}

/** Boosted trees on rows drawn by chance, scored on rows they have not seen; undefined where no score is defined. */
export async function scoreBoosting(
  columns: readonly Column[],
  supervision: Supervision,
  choice: BoostingChoice,
): Promise<BoostedScore | undefined> {
  const sample = drawRows(supervision, choice)
  const features = await encode(columns, supervision, sample)
  if (features.columns.length === 0) return undefined
  const { target } = supervision
  const values = Float64Array.from(sample, at => target.values[at]!)
  const parts = Int32Array.from(sample, at => supervision.partOf[at]!)
  const scores: { score: number; baseline: number; rows: number; positives: number }[] = []
  for (let part = 0; part < (choice.folds ?? supervision.folds); part++) {
    const fit = await fitPart(features, values, parts, part, supervision, choice)
    if (fit) scores.push(fit)
  }
  if (scores.length === 0) return undefined
  const mean = (of: (fit: (typeof scores)[number]) => number) =>
    scores.reduce((sum, fit) => sum + of(fit), 0) / scores.length
  const score = mean(fit => fit.score)
  const baseline = mean(fit => fit.baseline)
  const scoredRows = scores.reduce((sum, fit) => sum + fit.rows, 0)
  const positives = scores.reduce((sum, fit) => sum + fit.positives, 0)
  return {
    score,
    baseline,
    error: standardError(target.task, score, scoredRows, scoredRows - positives, positives),
    power: baseline < 1 ? Math.max(0, (score - baseline) / (1 - baseline)) : 0,
    trainRows: sample.length - Math.round(scoredRows / scores.length),
    scoredRows,
    columns: columns.length,
    folds: scores.length,
  }
}

/** Positions among the supervised rows, ascending. */
function drawRows({ rows }: Supervision, { seed, maxRows }: BoostingChoice): Int32Array {
  const all = Int32Array.from(rows.keys())
  if (rows.length <= maxRows) return all
  return createRng(hashSeed(seed, 'quick rows')).shuffle(all).slice(0, maxRows).sort()
}

async function fitPart(
  features: Features,
  values: Float64Array,
  parts: Int32Array,
  part: number,
  { target: { task, classes } }: Supervision,
  { seed, rounds, learningRate }: BoostingChoice,
) {
  const positions = Array.from(parts.keys())
  const take = (keep: (part: number) => boolean) => {
    const rows = Int32Array.from(positions.filter(at => keep(parts[at]!)))
    return { features: takeFeatures(features, rows), target: Float64Array.from(rows, at => values[at]!) }
  }
  const held = take(p => p === part)
  const rows = held.target.length
  const kinds = new Set(held.target)
  if (rows === 0 || kinds.size < 2) return undefined
  const model = await fitBoosting(
    { task, classes: task === 'regression' ? 0 : classes.length, ...take(p => p !== part), validation: held },
    {
      rounds,
      learningRate,
      rowShare: 1,
      sampling: 'uniform',
      featureShare: 1,
      order: 'best',
      maxLeaves: 31,
      maxDepth: 6,
      gamma: 0,
      lambda: 1,
      alpha: 0,
      minChildWeight: 1,
      minRows: 1,
      randomThresholds: false,
    },
    {
      seed: hashSeed(seed, 'quick', part),
      signal: new AbortController().signal,
      deadline: Infinity,
      threads: 1,
    },
  )
  const outputs = await predictModel(model, held.features)
  const width = task === 'regression' ? 1 : classes.length
  const scored = { task, target: held.target, width, outputs }
  const metric = task === 'binary' ? metrics.AUC : task === 'multiclass' ? metrics.Accuracy : metrics.R2
  const tally = new Map<number, number>()
  if (task !== 'regression') for (const label of held.target) tally.set(label, (tally.get(label) ?? 0) + 1)
  return {
    score: metric.score(scored),
    baseline: task === 'binary' ? 0.5 : task === 'multiclass' ? Math.max(...tally.values()) / rows : 0,
    rows,
    positives: task === 'binary' ? (tally.get(1) ?? 0) : 0,
  }
}

/** Numbers as they are, categories by frequency, words of texts, parts of dates. */
async function encode(
  columns: readonly Column[],
  { rows, target }: Supervision,
  sample: Int32Array,
): Promise<Features> {
  const taken = Int32Array.from(sample, at => rows[at]!)
  const context = { seed: 0, task: target.task, classes: target.classes.length, target: new Float64Array(0) }
  const features: Feature[] = []
  for (const column of columns) {
    if (column.kind === 'categorical') {
      features.push({ kind: 'dense', name: column.name, values: frequencyCodes(column, taken) })
      continue
    }
    const part = takeColumn(column, taken)
    if (part.kind === 'numeric')
      features.push({ kind: 'dense', name: column.name, values: Float32Array.from(part.values) })
    else if (part.kind === 'datetime')
      features.push(
        ...datetimeVectorizer.apply(part, datetimeVectorizer.fit(part, { mode: 'ordinal' }, context)),
      )
    else {
      const state = tfidf.fit(
        part,
        { analyzer: 'word', max_features: WORDS, min_df: 2, max_df: 0.95, ngram_min: 1, ngram_max: 1 },
        context,
      )
      features.push(...tfidf.apply(part, state))
    }
  }
  return { rows: taken.length, columns: features }
}

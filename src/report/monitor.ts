import { precisionRecallCurve, rocCurve, thin } from '../charts/curves.ts'
import { spreadOf } from '../explain/resample.ts'
import { confusionMatrix, evaluate } from '../metrics/index.ts'
import type { Scored } from '../metrics/metric.ts'

type Measures = Record<string, number>
interface Measured {
  readonly value: number
  readonly standard_deviation: number | null
}

const BETAS = [
  ['f0_5', 0.5],
  ['f1', 1],
  ['f2', 2],
] as const
const CURVE_POINTS = 500
/** Of many classes only the first are tried; none of them is a good constant. */
const MOST_CONSTANTS = 30

/**
 * Quality in the form of SageMaker Model Monitor's statistics (as Autopilot writes it), of held-out rows: each measure with its
 * standard deviation, and the value that the constant class best at it would have.
 */
export function monitorStatistics(scored: Scored, classes: readonly string[], seed: number) {
  const { task } = scored
  const measure = { binary: binaryMeasures, multiclass: weightedMeasures, regression: valueMeasures }[task]
  const spread = spreadOf(scored, seed, measure)
  const measured = (values: Measures, stds: ReadonlyMap<string, number>) =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => Number.isFinite(value))
        .map(([name, value]): [string, Measured] => [
          name,
          { value, standard_deviation: stds.get(name) ?? null },
        ]),
    )
  const values = measured(measure(scored), spread)
  const body =
    task === 'regression'
      ? values
      : {
          confusion_matrix: confusionMap(scored, classes),
          ...values,
          ...bestConstants(scored, seed, measure),
          ...(task === 'binary' && curves(scored)),
        }
  return {
    version: 0,
    dataset: { item_count: scored.target.length },
    [`${task === 'regression' ? 'regression' : `${task}_classification`}_metrics`]: body,
  }
}

/** Of each measure the best that always giving one class reaches; rates and areas of a constant would say nothing. */
function bestConstants(
  scored: Scored,
  seed: number,
  measure: (scored: Scored) => Measures,
): Record<string, Measured> {
  const { width } = scored
  const best: Record<string, Measured> = {}
  for (let k = 0; k < Math.min(width, MOST_CONSTANTS); k++) {
    const outputs = new Float64Array(scored.outputs.length)
    for (let at = k; at < outputs.length; at += width) outputs[at] = 1
    const constant = { ...scored, outputs }
    const spread = spreadOf(constant, seed, measure)
    for (const [name, value] of Object.entries(measure(constant))) {
      if (/_rate$|^au/.test(name) || !Number.isFinite(value)) continue
      const key = `${name}_best_constant_classifier`
      if (value > (best[key]?.value ?? -1))
        best[key] = { value, standard_deviation: spread.get(name) ?? null }
    }
  }
  return best
}

/** Actual class, then predicted class, then rows. Classes keep their names, so this has no prototype. */
function confusionMap(scored: Scored, classes: readonly string[]): object {
  const counts = countsOf(scored)
  const map = Object.create(null) as Record<string, Record<string, number>>
  for (const [i, actual] of classes.entries()) {
    const row = Object.create(null) as Record<string, number>
    for (const [j, predicted] of classes.entries()) row[predicted] = counts[i * classes.length + j]!
    map[actual] = row
  }
  return map
}

/** Rows, not their weights. */
function countsOf({ weights: _weights, ...scored }: Scored): Float64Array {
  return confusionMatrix(scored)
}

function binaryMeasures(scored: Scored): Measures {
  const [trueNegative, falsePositive, falseNegative, truePositive] = countsOf(scored)
  const recall = truePositive! / (truePositive! + falseNegative!)
  const called = truePositive! + falsePositive!
  const precision = called > 0 ? truePositive! / called : 0
  const { AUC = NaN, AUCPR = NaN } = evaluate(scored)
  return {
    recall,
    precision,
    accuracy: (truePositive! + trueNegative!) / scored.target.length,
    true_positive_rate: recall,
    true_negative_rate: trueNegative! / (trueNegative! + falsePositive!),
    false_positive_rate: falsePositive! / (trueNegative! + falsePositive!),
    false_negative_rate: falseNegative! / (truePositive! + falseNegative!),
    auc: AUC,
    au_prc: AUCPR,
    ...Object.fromEntries(BETAS.map(([name, beta]) => [name, fScore(precision, recall, beta)])),
  }
}

/** Recall, precision and F of each class, weighted by its rows. */
function weightedMeasures(scored: Scored): Measures {
  const counts = countsOf(scored)
  const { width, target } = scored
  const sums: Measures = { accuracy: 0, weighted_recall: 0, weighted_precision: 0 }
  for (const [name] of BETAS) sums[`weighted_${name}`] = 0
  for (let k = 0; k < width; k++) {
    let actual = 0
    let called = 0
    for (let j = 0; j < width; j++) {
      actual += counts[k * width + j]!
      called += counts[j * width + k]!
    }
    const hits = counts[k * width + k]!
    const share = actual / target.length
    const recall = actual > 0 ? hits / actual : 0
    const precision = called > 0 ? hits / called : 0
    sums['accuracy']! += hits / target.length
    sums['weighted_recall']! += share * recall
    sums['weighted_precision']! += share * precision
    for (const [name, beta] of BETAS) sums[`weighted_${name}`]! += share * fScore(precision, recall, beta)
  }
  return sums
}

function valueMeasures(scored: Scored): Measures {
  const { MAE = NaN, MSE = NaN, RMSE = NaN, R2 = NaN } = evaluate(scored)
  return { mae: MAE, mse: MSE, rmse: RMSE, r2: R2 }
}

function fScore(precision: number, recall: number, beta: number): number {
  const below = beta ** 2 * precision + recall
  return below > 0 ? ((1 + beta ** 2) * precision * recall) / below : 0
}

function curves({ target, outputs }: Scored) {
  const probability = Float64Array.from(target, (_, row) => outputs[2 * row + 1]!)
  const roc = thin(rocCurve(target, probability), CURVE_POINTS)
  const recall = thin(precisionRecallCurve(target, probability), CURVE_POINTS)
  return {
    receiver_operating_characteristic_curve: {
      false_positive_rates: roc.map(point => point.falsePositiveRate),
      true_positive_rates: roc.map(point => point.truePositiveRate),
    },
    precision_recall_curve: {
      precisions: recall.map(point => point.precision),
      recalls: recall.map(point => point.recall),
    },
  }
}

import {
  anytime, calibration, calibrationCurve, classBalance, confusionMatrix, correlation, gain, gainCurve, histogram, imageGrid, importance,
  leaderboardDots, lift, missingValues, partialDependence, precisionRecall, precisionRecallCurve, predictedActual,
  residualHistogram, residuals, roc, rocCurve, saliency, thresholdCurve, thresholds,
} from '../../src/charts/index.ts' // prettier-ignore
import type { ChartOptions } from '../../src/charts/index.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(7)
const truth = Uint8Array.from({ length: 2000 }, () => rng.int(2))
const scores = Float64Array.from(truth, label =>
  Math.min(1, Math.max(0, 0.5 + 0.2 * (label - 0.5) + 0.2 * rng.normal())),
)
const actual = Float64Array.from({ length: 5000 }, () => 100 * rng.next())
const predicted = actual.map(value => value + 8 * rng.normal())
const square = (size: number, cell: (i: number, j: number) => number) =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => cell(i, j)))

type Chart = (name: string, options?: ChartOptions) => string

/** Every picture of a usual size, drawn with `name` wherever a user's text goes. */
export const charts: Readonly<Record<string, Chart>> = {
  histogram: (name, options) =>
    histogram(
      {
        name,
        bins: [
          { from: -900, to: 0, count: 12, outlier: true },
          ...Array.from({ length: 20 }, (_, i) => ({
            from: 5 * i,
            to: 5 * i + 5,
            count: 900 - (i - 9) ** 2 * 8,
            outlier: false,
          })),
          { from: 100, to: 1e6, count: 40, outlier: true },
        ],
      },
      options,
    ),
  classBalance: (name, options) =>
    classBalance(
      {
        target: name,
        classes: Array.from({ length: 25 }, (_, i) => ({
          label: i === 3 ? name : `class ${i}`,
          count: 1000 - 30 * i,
          fraction: (1000 - 30 * i) / 16000,
        })),
      },
      options,
    ),
  missingValues: (name, options) =>
    missingValues(
      {
        columns: Array.from({ length: 30 }, (_, i) => ({
          name: i === 5 ? name : `column ${i}`,
          missingFraction: i % 3 === 0 ? 0 : i / 40,
        })),
      },
      options,
    ),
  importance: (name, options) =>
    importance(
      {
        measure: 'drop of AUC when shuffled',
        features: [
          { name, value: 0.21, std: 0.02 },
          { name: 'tenure', value: 0.09, std: 0.01 },
          { name: 'noise', value: -0.001, std: 0.002 },
        ],
      },
      options,
    ),
  correlation: (name, options) =>
    correlation(
      {
        columns: [name, ...Array.from({ length: 9 }, (_, i) => `x${i}`)],
        values: square(10, (i, j) => (i === j ? 1 : Math.cos(i * 3 + j * 3))),
      },
      options,
    ),
  confusionMatrix: (name, options) =>
    confusionMatrix(
      {
        labels: [name, '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        counts: square(10, (i, j) => (i === j ? 950 + i : (i * j) % 7)),
      },
      options,
    ),
  leaderboard: (name, options) =>
    leaderboardDots(
      {
        metric: 'Accuracy',
        direction: 'maximize',
        rows: Array.from({ length: 30 }, (_, i) => ({
          name: i === 1 ? name : `dpp${i % 5} #${i}`,
          score: 0.98 - i * 0.004,
          std: i % 4 === 3 ? 0 : 0.003,
        })),
      },
      options,
    ),
  anytime: (_name, options) =>
    anytime(
      {
        metric: 'LogLoss',
        direction: 'minimize',
        axis: 'trial',
        points: Array.from({ length: 250 }, (_, i) => ({
          x: i,
          score: i % 17 === 5 ? NaN : 0.3 + 1 / (i + 2) + 0.1 * Math.abs(Math.sin(i)),
        })),
      },
      options,
    ),
  predictedActual: (name, options) => predictedActual({ target: name, actual, predicted }, options),
  roc: (_name, options) => roc({ points: rocCurve(truth, scores), auc: 0.76 }, options),
  precisionRecall: (_name, options) =>
    precisionRecall({ points: precisionRecallCurve(truth, scores), positiveFraction: 0.5 }, options),
  calibration: (_name, options) => calibration({ points: calibrationCurve(truth, scores) }, options),
  thresholds: (_name, options) => thresholds({ points: thresholdCurve(truth, scores) }, options),
  gain: (_name, options) => gain({ points: gainCurve(truth, scores), positiveFraction: 0.5 }, options),
  lift: (_name, options) => lift({ points: gainCurve(truth, scores) }, options),
  residuals: (name, options) => residuals({ target: name, actual, predicted }, options),
  residualHistogram: (name, options) => residualHistogram({ target: name, actual, predicted }, options),
  dependenceOnNumbers: (name, options) =>
    partialDependence(
      {
        name,
        kind: 'numeric',
        grid: Array.from({ length: 14 }, (_, i) => 10 * i),
        labels: [],
        outputs: [{ name: 'price', mean: Array.from({ length: 14 }, (_, i) => Math.sin(i / 3)) }],
        curves: Array.from({ length: 100 }, (_, row) =>
          Array.from({ length: 14 }, (_, i) => Math.sin(i / 3) + ((row % 10) - 5) / 5),
        ),
        axis: name,
      },
      options,
    ),
  dependenceOnDates: (name, options) =>
    partialDependence(
      {
        name,
        kind: 'datetime',
        grid: Array.from({ length: 5 }, (_, i) => Date.UTC(2020, 0, 1 + 90 * i)),
        labels: [],
        outputs: ['red', name, 'blue'].map((output, k) => ({
          name: output,
          mean: Array.from({ length: 5 }, (_, i) => (k + i) / 10),
        })),
        curves: [],
        axis: 'probability',
      },
      options,
    ),
  dependenceOnCategories: (name, options) =>
    partialDependence(
      {
        name,
        kind: 'categorical',
        grid: [2, 0, 1],
        labels: ['often', name, 'seldom'],
        outputs: [{ name: 'yes', mean: [0.2, 0.5, 0.4] }],
        curves: Array.from({ length: 30 }, (_, row) =>
          [0.2, 0.5, 0.4].map(value => value + (row - 15) / 100),
        ),
        axis: `probability of ${name}`,
      },
      options,
    ),
  saliency: (name, options) =>
    saliency(
      {
        height: 8,
        width: 8,
        channels: 1,
        images: Array.from({ length: 6 }, (_, k) => ({
          label: k === 2 ? name : `${k} → ${k}`,
          pixels: Float64Array.from({ length: 64 }, (_, i) => (i % 8 === k ? 255 : 0)),
          weights: Float64Array.from({ length: 64 }, (_, i) => (i % 8 === k ? 0.5 : i === 0 ? -0.2 : 0)),
        })),
      },
      options,
    ),
  imageGrid: (name, options) =>
    imageGrid(
      {
        height: 28,
        width: 28,
        channels: 1,
        images: Array.from({ length: 20 }, (_, k) => ({
          label: k === 4 ? name : String(k % 10),
          pixels: Float64Array.from({ length: 784 }, (_, i) =>
            Math.abs(Math.hypot((i % 28) - 14, Math.floor(i / 28) - 14) - 4 - (k % 10) / 2) < 2 ? 255 : 0,
          ),
        })),
      },
      options,
    ),
}

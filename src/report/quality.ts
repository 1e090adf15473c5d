import {
  calibration, calibrationCurve, confusionMatrix, gain, gainCurve, lift, precisionRecall, precisionRecallCurve, predictedActual,
  residualHistogram, residuals, roc, rocCurve, thresholdCurve, thresholds,
} from '../charts/index.ts' // prettier-ignore
import { count, figure } from '../util/text.ts'
import { captioned, fragment, table } from './html.ts'
import type { Markup } from './html.ts'
import type { ReportInput } from './input.ts'

/** Whether the model knows anything at all, in a sentence. */
export function verdictSection({ verdict, objective, best }: ReportInput): Markup | undefined {
  if (!verdict) return undefined
  const { constant, p, looks, isBetter } = verdict
  const chance = p < 1e-4 ? 'less than 1 in 10,000' : `${figure(100 * p, 2)} %`
  const beside =
    constant === undefined || !best
      ? undefined
      : `${objective.name} ${figure(best.score, 5)} against ${figure(constant, 5)} of an answer that is the same for every row. `
  return fragment`<p class="verdict ${isBetter ? 'better' : 'no-better'}">
    <b>${isBetter ? 'Better than the baseline.' : 'No better than the baseline.'}</b> ${beside}The chance that the
    best of ${count(looks)} models that know nothing would agree with the truth so well is ${chance}.
  </p> `
}

export function evaluationSection({ spec, evaluation }: ReportInput): Markup | undefined {
  if (!evaluation) return undefined
  const { metrics, rows, confusion, binary, regression } = evaluation
  const baselines = metrics.some(metric => metric.baseline !== undefined)
  const spreads = metrics.some(metric => metric.std !== undefined)
  const pictures = [
    ...(confusion ? [captioned(confusionMatrix(confusion))] : []),
    ...(binary ? binaryPictures(binary) : []),
    ...(regression ? valuePictures({ target: spec.target, ...regression }) : []),
  ]
  return fragment`<h2>Quality of the best model</h2>
    <p>
      Measured on ${rows}.${baselines ? ' The baseline always gives the same answer.' : undefined}${spreads ? ' Standard deviations are over five samples of 80 % of the rows.' : undefined}
    </p>
    ${table(
      ['metric', '#value', ...(spreads ? ['#± std'] : []), ...(baselines ? ['#baseline'] : [])],
      metrics.map(({ name, value, std, baseline }) => [
        name,
        figure(value, 5),
        ...(spreads ? [std === undefined ? '–' : figure(std, 2)] : []),
        ...(baselines ? [baseline === undefined ? '–' : figure(beside(baseline, value), 5)] : []),
      ]),
    )}
    <div class="row">${pictures}</div> `
}

/** Rounding alone makes nothing into 1e-8. */
const beside = (baseline: number, value: number) =>
  Math.abs(baseline) < 1e-7 * Math.abs(value) ? 0 : baseline

type Evaluation = NonNullable<ReportInput['evaluation']>

function binaryPictures({
  positive,
  probability,
  auc,
  threshold,
}: NonNullable<Evaluation['binary']>): Markup[] {
  let positives = 0
  for (let row = 0; row < positive.length; row++) if (positive[row]) positives++
  const positiveFraction = positives / Math.max(1, positive.length)
  const gains = gainCurve(positive, probability)
  return [
    roc({ points: rocCurve(positive, probability), auc }),
    precisionRecall({ points: precisionRecallCurve(positive, probability), positiveFraction }),
    calibration({ points: calibrationCurve(positive, probability) }),
    thresholds({
      points: thresholdCurve(positive, probability),
      ...(threshold !== undefined && { used: threshold }),
    }),
    gain({ points: gains, positiveFraction }),
    lift({ points: gains }),
  ].map(captioned)
}

const valuePictures = (
  data: NonNullable<Evaluation['regression']> & { readonly target: string },
): Markup[] =>
  data.actual.length === 0
    ? []
    : [predictedActual(data), residuals(data), residualHistogram(data)].map(captioned)

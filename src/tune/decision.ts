import type { AnswerRules } from '../data/schema.ts'
import { evaluate, higherIsBetter, metrics, metricsOf, type MetricName } from '../metrics/index.ts'
import type { Scored } from '../metrics/metric.ts'
import { applyTemperature } from '../pipeline/temperature.ts'
import { calibrateTemperature, tuneThreshold } from './calibrate.ts'

export interface Decision {
  readonly outputs: Float64Array
  /** Absent when answers are best as they come. */
  readonly rules?: AnswerRules
  /** Each part by rules found on the other parts only, so that they say what new rows may expect. */
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>
}

const MOST_CLASSES = 30 // beyond which weights of labels are not looked for
const FACTORS = Array.from({ length: 25 }, (_, i) => 2 ** ((i - 12) / 4)) // 1/8 … 8
const SWEEPS = 2
const SAMPLE_VALUES = 60_000
const WORTHWHILE = 0.01 // share of log loss a temperature must save where log loss is not the aim

/**
 * How the probabilities of a model become its answers: a temperature where they are over- or underconfident, and weights of labels
 * where the objective is served by another label than the most probable (a binary threshold t is weights 2t and 2 (1 − t)). Rules
 * count only if they help on rows they were not found on. `parts`: a small number per row, the fold that held it out.
 */
export function decide(scored: Scored, objective: MetricName, parts: Int32Array): Decision {
  const plain = evaluate(scored)
  if (scored.task === 'regression') return { outputs: scored.outputs, metrics: plain }
  const temperature = temperatureFor(scored, objective, parts, plain.LogLoss!)
  const tempered = temperature?.apply(scored) ?? scored
  const labelWeights = weightsFor(tempered, objective, parts)
  const rules: AnswerRules = {
    ...(temperature && { temperature: temperature.value }),
    ...(labelWeights && { labelWeights: labelWeights.value }),
  }
  return {
    outputs: tempered.outputs,
    metrics: {
      ...plain,
      ...(temperature && smoothOnly(evaluate({ ...scored, outputs: temperature.fair }))),
      ...labelWeights?.fair,
    },
    ...(Object.keys(rules).length > 0 && { rules }),
  }
}

const smoothOnly = (values: Partial<Record<MetricName, number>>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => metrics[name as MetricName].smooth))

function temperatureFor(scored: Scored, objective: MetricName, parts: Int32Array, loss: number) {
  const fair = new Float64Array(scored.outputs.length)
  for (const part of partsOf(parts)) {
    const others = rowsOf(parts, part, false)
    const own = rowsOf(parts, part, true)
    if (others.length === 0) return undefined
    const found = calibrateTemperature(take(scored, everyNth(others, scored.width)))
    const cooled = applyTemperature(take(scored, own).outputs, scored.width, found)
    scatter(fair, cooled, own, scored.width)
  }
  const saved = loss - evaluate({ ...scored, outputs: fair }).LogLoss!
  if (!(saved > (objective === 'LogLoss' ? 0 : WORTHWHILE * loss))) return undefined
  const all = Int32Array.from(parts, (_, row) => row)
  const value = calibrateTemperature(take(scored, everyNth(all, scored.width)))
  const apply = (known: Scored): Scored => ({
    ...known,
    outputs: applyTemperature(known.outputs, known.width, value),
  })
  return value === 1 ? undefined : { value, fair, apply }
}

function weightsFor(scored: Scored, objective: MetricName, parts: Int32Array) {
  const { width } = scored
  if (!metrics[objective].decides || width > MOST_CLASSES) return undefined
  const weighted = scored.outputs.slice()
  for (const part of partsOf(parts)) {
    const others = rowsOf(parts, part, false)
    if (others.length === 0) return undefined
    const weights = findWeights(take(scored, everyNth(others, width)), objective)
    for (const row of rowsOf(parts, part, true))
      for (let k = 0; k < width; k++) weighted[row * width + k]! *= weights[k]!
  }
  // Labels as the rules of the other parts make them.
  const found = evaluate({ ...scored, outputs: weighted })
  const fair = Object.fromEntries(
    metricsOf(scored.task)
      .filter(name => !metrics[name].smooth)
      .map(name => [name, found[name]!]),
  )
  const worth = (value: number) => higherIsBetter(objective, value)
  if (!(worth(found[objective]!) > worth(metrics[objective].score(scored)))) return undefined
  const all = Int32Array.from(parts, (_, row) => row)
  return { value: findWeights(take(scored, everyNth(all, width)), objective), fair }
}

/** Two classes: by threshold. More: one weight after the other over a coarse grid, twice, from 1. */
function findWeights(scored: Scored, objective: MetricName): number[] {
  if (scored.width === 2) {
    const { threshold } = tuneThreshold(scored, objective)
    return [2 * threshold, 2 * (1 - threshold)]
  }
  const weights = Array.from({ length: scored.width }, () => 1)
  const scoreOf = () =>
    higherIsBetter(objective, metrics[objective].score({ ...scored, labelWeights: weights }))
  let best = scoreOf()
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let k = 0; k < weights.length; k++) {
      let kept = weights[k]!
      for (const factor of FACTORS) {
        weights[k] = factor
        const score = scoreOf()
        if (score > best) [best, kept] = [score, factor]
      }
      weights[k] = kept
    }
  }
  return weights
}

const partsOf = (parts: Int32Array): number[] => [...new Set(parts)].sort((a, b) => a - b)

const rowsOf = (parts: Int32Array, part: number, inside: boolean): Int32Array =>
  Int32Array.from(parts.keys()).filter(row => (parts[row] === part) === inside)

function everyNth(rows: Int32Array, width: number): Int32Array {
  const limit = Math.ceil(SAMPLE_VALUES / width)
  if (rows.length <= limit) return rows
  return Int32Array.from({ length: limit }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / limit)]!)
}

function take({ target, outputs, weights, ...truth }: Scored, rows: Int32Array): Scored {
  const { width } = truth
  const taken = new Float64Array(rows.length * width)
  for (const [i, row] of rows.entries())
    taken.set(outputs.subarray(row * width, (row + 1) * width), i * width)
  return {
    ...truth,
    target: Float64Array.from(rows, row => target[row]!),
    outputs: taken,
    ...(weights && { weights: Float64Array.from(rows, row => weights[row]!) }),
  }
}

function scatter(into: Float64Array, outputs: Float64Array, rows: Int32Array, width: number): void {
  for (const [i, row] of rows.entries()) into.set(outputs.subarray(i * width, (i + 1) * width), row * width)
}

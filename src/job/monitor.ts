import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import { readDataset, type ReadingReport } from '../data/read.ts'
import { readDocument, readExperiment } from '../experiment/store.ts'
import type { MetricValues, Objective } from '../experiment/types.ts'
import { evaluate, higherIsBetter } from '../metrics/index.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { readInfo } from '../pipeline/onnx-model.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { figure } from '../util/text.ts'
import { createRng } from '../util/rng.ts'
import { isCapture, readCaptured } from './captured.ts'
import { compareCells, compareColumn, type ColumnDrift } from './column-drift.ts'
import { readLabelled } from './evaluate.ts'
import { findModelFolder, modelPredictor, type Predictor } from './predictor.ts'

/** Something that is no longer as at training. `check` is the name SageMaker's monitor has for it. */
export interface Alert {
  readonly check:
    | 'baseline_drift_check'
    | 'completeness_check'
    | 'categorical_values_check'
    | 'data_type_check'
    | 'prediction_drift_check'
    | 'model_quality_check'
  /** A column, or what of the model. */
  readonly subject: string
  readonly description: string
}

export interface MonitorOptions {
  /** Population stability index from which a change matters. */
  readonly psi: number
  /** Change of a share (missing, unseen, unreadable) from which it matters. */
  readonly share: number
  /** Loss of quality, in percent of the score, from which it matters. */
  readonly qualityDrop: number
}

export const MONITOR_DEFAULTS: MonitorOptions = { psi: 0.2, share: 0.05, qualityDrop: 5 }

export interface MonitorReport {
  readonly rows: number
  readonly trainRows: number
  readonly columns: readonly ColumnDrift[]
  /** Mean probability of each class beside its share in training, or mean prediction beside the mean of the target. */
  readonly predictions: readonly { readonly label: string; readonly now: number; readonly train: number }[]
  readonly predictionPsi?: number
  /** Where the rows have their target. */
  readonly quality?: {
    readonly objective: string
    readonly reported: number
    readonly now: number
    /** Standard error of `now`, from parts of the rows. */
    readonly error?: number
    readonly rows: number
    readonly metrics: MetricValues
  }
  readonly requests?: { readonly seen: number; readonly refused: number }
  readonly alerts: readonly Alert[]
}

/** Beyond chance, with many columns looked at. */
const CERTAIN_Z = 4
const MIN_ROWS = 30

/** Compares new rows (a table, or what a server captured) with the rows a model was trained on. */
export async function monitorModel(
  folder: string,
  file: string,
  options: MonitorOptions = MONITOR_DEFAULTS,
): Promise<MonitorReport> {
  const { paths } = readExperiment(folder)
  const profile = readDocument<DatasetProfile>(paths.profile)
  const modelFolder = findModelFolder(folder)
  const info = readInfo(join(modelFolder, 'model.json'))
  const predictor = await modelPredictor(modelFolder)
  try {
    const features = predictor.table.columns.filter(({ use }) => use === 'feature')
    const captured = isCapture(file) ? await readCaptured(file, features) : undefined
    const read = captured ?? (await readDataset(file, { schema: predictor.table }))
    const { dataset } = read
    const profiles = new Map(profile.columns.map(column => [column.name, column]))
    const columns = features.flatMap(({ name }) => {
      const known = profiles.get(name)
      const column = dataset.columns.find(item => item.name === name)
      return known && column ? [compareColumn(known, profile.rows, column, dataset.rows)] : []
    })
    const predictions =
      dataset.rows > 0 ? await comparePredictions(predictor, profile, dataset) : { predictions: [] }
    const objective = info.provenance['objective'] as Objective | undefined
    const quality =
      captured || !objective
        ? undefined
        : await compareQuality(predictor, file, objective, info.metrics[objective.name])
    return {
      rows: dataset.rows,
      trainRows: profile.rows,
      columns,
      predictions: predictions.predictions,
      ...(predictions.psi !== undefined && { predictionPsi: predictions.psi }),
      ...(quality && { quality }),
      ...(captured && { requests: { seen: captured.requests, refused: captured.refused } }),
      alerts: [
        ...columns.flatMap(column => columnAlerts(column, dataset.rows, options)),
        ...('report' in read ? readingAlerts(read.report, dataset.rows, options) : []),
        ...predictionAlerts(predictions, dataset.rows, options),
        ...(quality && objective ? qualityAlerts(quality, objective, options) : []),
      ],
    }
  } finally {
    await predictor.close()
  }
}

function columnAlerts(column: ColumnDrift, rows: number, { psi, share }: MonitorOptions): Alert[] {
  const alerts: Alert[] = []
  if (rows < MIN_ROWS) return alerts
  const { name: subject } = column
  if (column.psi !== undefined && column.psi >= psi && column.z! >= CERTAIN_Z) {
    alerts.push({
      check: 'baseline_drift_check',
      subject,
      description: `its values are spread otherwise than in training: population stability index ${figure(column.psi, 3)}, expected below ${psi}`,
    })
  }
  if (Math.abs(column.missing - column.missingTrain) >= share && Math.abs(column.missingZ) >= CERTAIN_Z) {
    alerts.push({
      check: 'completeness_check',
      subject,
      description: `${percent(column.missing)} of its values are missing: ${percent(column.missingTrain)} were in training`,
    })
  }
  if ((column.unseen ?? 0) >= share) {
    alerts.push({
      check: 'categorical_values_check',
      subject,
      description: `${percent(column.unseen!)} of its values were never seen in training`,
    })
  }
  return alerts
}

/** Cells that are no number or date where the column has such. */
const readingAlerts = ({ warnings }: ReadingReport, rows: number, { share }: MonitorOptions): Alert[] =>
  warnings.flatMap(({ code, message, count }) => {
    const subject = /^column "(.*)": /s.exec(message)?.[1]
    if (code !== 'W_TYPE_MIX' || subject === undefined || count < Math.max(1, share * rows)) return []
    const description = `${count} of ${rows} values cannot be read as its kind`
    return [{ check: 'data_type_check' as const, subject, description }]
  })

interface Predictions {
  readonly predictions: MonitorReport['predictions']
  readonly psi?: number
  readonly z?: number
}

/** A calibrated model says each class as often as it is, whatever label it gives to single rows. */
async function comparePredictions(
  { task, predict }: Predictor,
  { target }: DatasetProfile,
  dataset: Dataset,
): Promise<Predictions> {
  const outputs = await predict(dataset)
  const width = outputWidth(task)
  const mean = (k: number) => {
    let sum = 0
    for (let i = k; i < outputs.length; i += width) sum += outputs[i]!
    return (sum * width) / outputs.length
  }
  if (task.task === 'regression') {
    return {
      predictions: target?.numeric ? [{ label: task.target, now: mean(0), train: target.numeric.mean }] : [],
    }
  }
  const counts = new Map(target?.classes?.map(({ label, count }) => [label, count]))
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return { predictions: [] }
  const predictions = task.classes.map((label, k) => ({
    label,
    now: mean(k),
    train: (counts.get(label) ?? 0) / total,
  }))
  const difference = compareCells({
    train: task.classes.map(label => counts.get(label) ?? 0),
    now: predictions.map(({ now }) => now * dataset.rows),
  })
  return { predictions, ...difference }
}

function predictionAlerts({ psi, z }: Predictions, rows: number, options: MonitorOptions): Alert[] {
  if (psi === undefined || rows < MIN_ROWS || psi < options.psi || z! < CERTAIN_Z) return []
  return [
    {
      check: 'prediction_drift_check',
      subject: 'predictions',
      description: `the model gives the classes other shares than they had in training: population stability index ${figure(psi, 3)}, expected below ${options.psi}`,
    },
  ]
}

/** Undefined where the file has no target. */
async function compareQuality(
  predictor: Predictor,
  file: string,
  { name }: Objective,
  reported: number | undefined,
): Promise<MonitorReport['quality']> {
  const { task } = predictor
  const labelled = await readLabelled(predictor, file).catch((error: unknown) => {
    if (['E_TARGET_NOT_FOUND', 'E_NO_ROWS'].includes((error as { code?: string }).code ?? ''))
      return undefined
    throw error
  })
  if (!labelled || reported === undefined) return undefined
  const { dataset, truth, rows } = labelled
  const outputs = await predictor.predict(dataset)
  const width = outputWidth(task)
  const score = (chosen: Int32Array) =>
    evaluate({
      task: task.task,
      target: Float64Array.from(chosen, row => truth[row]!),
      outputs: takeRows(outputs, chosen, width),
      width,
      ...(task.answer?.labelWeights && { labelWeights: task.answer.labelWeights }),
    })
  const metrics = score(rows)
  const now = metrics[name]
  if (now === undefined) return undefined
  const error = rows.length >= 200 ? standardError(rows, part => score(part)[name] ?? now) : undefined
  return { objective: name, reported, now, ...(error !== undefined && { error }), rows: rows.length, metrics }
}

const PARTS = 10

/** The scores of random halves stand as far apart as those of samples of this size would. */
function standardError(rows: Int32Array, score: (rows: Int32Array) => number): number {
  const rng = createRng(1)
  const scores = Array.from({ length: PARTS }, () => score(rows.filter(() => rng.next() < 0.5)))
  const mean = scores.reduce((sum, value) => sum + value, 0) / PARTS
  return Math.sqrt(scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (PARTS - 1))
}

function takeRows(outputs: Float64Array, rows: Int32Array, width: number): Float64Array {
  const taken = new Float64Array(rows.length * width)
  rows.forEach((row, i) => taken.set(outputs.subarray(row * width, (row + 1) * width), i * width))
  return taken
}

function qualityAlerts(
  { objective, reported, now, error = 0, rows }: NonNullable<MonitorReport['quality']>,
  { name }: Objective,
  { qualityDrop }: MonitorOptions,
): Alert[] {
  const loss = higherIsBetter(name, reported) - higherIsBetter(name, now)
  if (loss <= 3 * error || loss <= (qualityDrop / 100) * Math.abs(reported)) return []
  return [
    {
      check: 'model_quality_check',
      subject: objective,
      description: `${objective} on ${rows} rows is ${figure(now)}: ${figure(reported)} was reported at training`,
    },
  ]
}

const percent = (share: number): string => `${figure(100 * share, 3)} %`

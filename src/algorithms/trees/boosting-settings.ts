import { choice, float, type Params, type Settings, text, when } from '../../params/space.ts'
import { InputError, messageOf } from '../../util/errors.ts'
import { nearest, quoted } from '../../util/text.ts'
import type { DatasetShape, TrainingData } from '../algorithm.ts'
import { balancedWeights } from './class-weights.ts'
import type { PointLoss } from './point-losses.ts'
import { absoluteLoss, gammaLoss, huberLoss, poissonLoss, quantileLoss, tweedieLoss } from './point-losses.ts'

/** What every boosting can be told beside its hyperparameters. */
export const boostingSettings = {
  /** Of regression; classification always minimises log loss. */
  loss: choice(['squared', 'absolute', 'huber', 'quantile', 'poisson', 'gamma', 'tweedie']),
  quantile_level: when('loss', ['quantile'], float(0.001, 0.999, 0.5)),
  /** In standard deviations of the target. */
  huber_slope: when('loss', ['huber'], float(0.01, 10, 1)),
  tweedie_variance_power: when('loss', ['tweedie'], float(1.01, 1.99, 1.5)),
  class_weight: choice(['none', 'balanced']),
  /** More than two classes: one tree a round whose leaves hold a step for each class, or one tree per class. */
  multi_strategy: choice(['auto', 'vector-leaf', 'one-per-class']),
  /** Share of a tree's features looked at in each node. */
  node_feature_fraction: float(0.01, 1, 1),
  /** Gradient-based one-side sampling in place of the hyperparameters of row sampling, when above 0. */
  goss_top_rate: float(0, 0.9, 0),
  goss_other_rate: float(0.01, 1, 0.1),
  /** JSON: feature → 1 (the prediction may only rise with it) or −1 (only fall). */
  monotone_constraints: text(''),
} as const satisfies Settings

/** A mean of absolute errors is least where the loss is one, too: on abalone MAE 1.499 -> 1.468. */
export const boostingSettingsFor = (objective: string): Params =>
  objective === 'MAE' || objective === 'MedianAE' ? { loss: 'absolute' } : {}

/** Those settings as the engine takes them. */
export interface BoostingOptions {
  /** Left out: log loss, or squared error. */
  readonly loss?: PointLoss
  /** Share of a tree's features looked at in each node. */
  readonly nodeShare?: number
  /** Direction, 1 or −1, by column of the features. */
  readonly monotone?: ReadonlyMap<number, number>
  /** Shares of rows: those of largest gradients, all taken, and others, drawn at random. */
  readonly oneSide?: { readonly top: number; readonly other: number }
  /** More than two classes: one tree for all of them in each round instead of one each. */
  readonly vectorLeaves?: boolean
}

/** Rows from which one tree for all classes is the better default: on seven tables of 3 to 26 classes its loss was 3–20 % lower in like time. */
const VECTOR_ROWS = 1000

export const wantsVectors = (
  { task, rows }: Pick<DatasetShape, 'task' | 'rows'>,
  strategy: unknown,
): boolean =>
  task === 'multiclass' &&
  (strategy === undefined || strategy === 'auto' ? rows >= VECTOR_ROWS : strategy === 'vector-leaf')

/** Reads the settings among the parameters of a fit; the data come back with weights by class where these were asked for. */
export function readSettings(
  given: TrainingData,
  params: Params,
): { readonly data: TrainingData; readonly options: BoostingOptions } {
  const data = params['class_weight'] === 'balanced' ? balancedWeights(given) : given
  const loss = lossNamed(data, params)
  const monotone = parseMonotone(String(params['monotone_constraints'] ?? ''), data)
  const nodeShare = Number(params['node_feature_fraction'] ?? 1)
  const top = Number(params['goss_top_rate'] ?? 0)
  if (monotone && loss?.leafQuantile !== undefined) {
    throw new InputError(
      'E_BAD_PARAM',
      `monotone_constraints was given with loss "${loss.name}", whose leaves are quantiles: expected a loss with Newton steps; choose "huber" or "squared"`,
    )
  }
  return {
    data,
    options: {
      ...(loss && { loss }),
      ...(nodeShare < 1 && { nodeShare }),
      ...(monotone && { monotone }),
      ...(top > 0 && { oneSide: { top, other: Number(params['goss_other_rate'] ?? 0.1) } }),
      vectorLeaves: wantsVectors({ task: data.task, rows: data.features.rows }, params['multi_strategy']),
    },
  }
}

function lossNamed({ task }: TrainingData, params: Params): PointLoss | undefined {
  const name = params['loss'] ?? 'squared'
  if (task !== 'regression' || name === 'squared') return undefined
  const made: Record<string, () => PointLoss> = {
    absolute: () => absoluteLoss,
    huber: () => huberLoss(Number(params['huber_slope'] ?? 1)),
    quantile: () => quantileLoss(Number(params['quantile_level'] ?? 0.5)),
    poisson: () => poissonLoss,
    gamma: () => gammaLoss,
    tweedie: () => tweedieLoss(Number(params['tweedie_variance_power'] ?? 1.5)),
  }
  return made[String(name)]!()
}

function parseMonotone(json: string, { task, features }: TrainingData): Map<number, number> | undefined {
  if (json.trim() === '') return undefined
  const bad = (problem: string) =>
    new InputError(
      'E_BAD_PARAM',
      `monotone_constraints ${problem}: expected JSON such as {"age": 1, "price": -1} with names of features`,
    )
  if (task === 'multiclass') throw bad('was given for more than two classes, of which none is "up"')
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (error) {
    throw bad(`is no JSON (${messageOf(error)})`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw bad(`is ${json}`)
  const names = features.columns.map(({ name }) => name)
  const directions = new Map<number, number>()
  for (const [name, direction] of Object.entries(parsed)) {
    const column = names.indexOf(name)
    if (column < 0) {
      const near = nearest(name, names)
      throw bad(
        `names ${quoted(name)}, which is no feature${near === undefined ? '' : ` (did you mean ${quoted(near)}?)`}`,
      )
    }
    if (direction !== 1 && direction !== -1)
      throw bad(`gives ${quoted(name)} the direction ${String(direction)}`)
    directions.set(column, direction)
  }
  return directions.size > 0 ? directions : undefined
}

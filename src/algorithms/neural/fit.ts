import { network, type NetworkModel } from '../../models/network.ts'
import { residentTable, storeOf } from '../../neural/table.ts'
import { trainNetwork, type Chosen, type TrainOptions } from '../../neural/trainer.ts'
import type { Network } from '../../onnx/network.ts'
import type { FitContext, TrainingData } from '../algorithm.ts'
import { answersInTurn } from '../in-turn.ts'
import { splitForStopping, targetUnits, type Split } from './prepare.ts'

const LOOKS_PER_TRAINING = 100 // most often that validation rows are scored
const PATIENCE = 0.3 // share of the training without a better look that ends it
const BETA1 = 0.9
const BETA2 = 0.999

/** How a net is trained, beside what every net has in common. */
export interface FitSettings {
  readonly epochs: (rows: number) => number
  readonly batch: (rows: number) => number
  readonly learningRate: number
  readonly weightDecay: number
  /** Half a cosine unless said. */
  readonly schedule?: TrainOptions['schedule']
  /** Share of each target class that is spread over all classes; 0 unless said. */
  readonly smoothing?: number
  readonly beta2?: number
  /** Share of the training without a better look that ends it; 0.3 unless said. */
  readonly patience?: number
  readonly paces?: TrainOptions['paces']
  readonly fade?: TrainOptions['fade']
  readonly mixup?: number
  readonly warps?: TrainOptions['warps']
  readonly optimization?: TrainOptions['optimization']
}

/** Trains a net on the rows that are not held out to stop on, and makes it a model. */
export async function fitNetwork(
  net: Network,
  data: TrainingData,
  settings: FitSettings,
  context: FitContext,
): Promise<NetworkModel> {
  const split = splitForStopping(data, context.seed)
  const regression = data.task === 'regression'
  const units = regression ? targetUnits(data.target, split.training.rows) : { mean: 0, scale: 1 }
  const loss = regression ? 'squared-error' : 'cross-entropy'
  const store = storeOf(split.training.examples.features, net)
  const table = ({ examples, rows }: Split['training']) => {
    const target = regression
      ? examples.target.map(value => (value - units.mean) / units.scale)
      : examples.target
    return residentTable({ ...examples, target }, net, { rows, store, loss })
  }
  const outputs = Math.max(1, data.classes)
  const plan = {
    loss,
    outputs,
    ...planOf(split.training.rows.length, settings, context),
    ...context,
  } as const
  const validation = split.validation && (await table(split.validation))
  const trained = await trainNetwork(net, await table(split.training), validation, plan)
  const modelOf = ({ net: learnt, outputScale }: Chosen): NetworkModel => ({
    kind: network.kind,
    outputs,
    features: data.features.columns.length,
    net: learnt,
    link: regression ? 'identity' : 'softmax',
    outputScale: outputScale * units.scale,
    outputShift: units.mean,
  })
  if (context.judge && trained.without && data.validation)
    context.judge(await answersInTurn(data.validation.features, trained.without.map(modelOf)))
  return modelOf(trained)
}

function planOf(rows: number, settings: FitSettings, { stepShare = 1 }: FitContext) {
  const batch = settings.batch(rows)
  const steps = Math.ceil((stepShare * settings.epochs(rows) * rows) / batch)
  const stepsPerScore = Math.max(Math.ceil(rows / batch), Math.ceil(steps / LOOKS_PER_TRAINING))
  return {
    batch,
    steps,
    stepsPerScore,
    patience: Math.max(5, Math.ceil(((settings.patience ?? PATIENCE) * steps) / stepsPerScore)),
    learningRate: settings.learningRate,
    schedule: settings.schedule ?? 'cosine',
    adam: { beta1: BETA1, beta2: settings.beta2 ?? BETA2, weightDecay: settings.weightDecay },
    smoothing: settings.smoothing ?? 0,
    ...(settings.paces && { paces: settings.paces }),
    ...(settings.fade && { fade: settings.fade }),
    ...(settings.mixup && { mixup: settings.mixup }),
    ...(settings.warps && { warps: settings.warps }),
    ...(settings.optimization && { optimization: settings.optimization }),
  } as const
}

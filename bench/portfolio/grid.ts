import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../../src/algorithms/index.ts'
import { FeatureCache, fitCandidate } from '../../src/experiment/fit-candidate.ts'
import { takeValues, scoredRows } from '../../src/experiment/data.ts'
import { constantOutputs } from '../../src/experiment/verdict.ts'
import { splitRows } from '../../src/split/index.ts'
import { messageOf } from '../../src/util/errors.ts'
import { writeFileAtomic } from '../../src/util/files.ts'
import { pack } from '../../src/util/pack.ts'
import { benchOptions, note } from '../harness.ts'
import { argument, openPlanned, requireDatasets } from '../planned.ts'
import { idOf, paramsAt, pointsOf, type Config } from './configs.ts'

// Fits a grid of configurations on the development tables and keeps their out-of-fold predictions in .bench/portfolio; what is there
// is not fitted again.
// node bench/run.mjs portfolio/grid [--datasets=a,b] [--points=8] [--rows=5000] [--seconds=60] [--quick]

const DATASETS =
  'german_credit credit_approval titanic telco_customer_churn bank_additional_full adult_train breast_cancer_wdbc soybean satimage letter_recognition nursery splice covertype_20k abalone california_housing diamonds kin8nm cpu_act elevators wine_quality_red bike_sharing_demand'
const FOLDS = 5
/** Nets that take long: their defaults and one place. */
const NETS = ['realmlp', 'tabm']

const { quick } = benchOptions()
const data = requireDatasets('portfolio')
const names = argument('datasets')?.split(',') ?? DATASETS.split(' ')
const points = Number(argument('points') ?? (quick ? 2 : 8))
const most = Number(argument('rows') ?? (quick ? 500 : 5000))
const seconds = Number(argument('seconds') ?? 60)
const root = argument('out') ?? '.bench/portfolio'

/** The first plan of each learner that is tuned, with the defaults first and then the same number of points each. */
for (const name of names) {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  const { dataset, target, features, candidates } = await openPlanned(data, name, most)
  const folds = splitRows(target, { seed: 0, folds: FOLDS })
  const all = scoredRows(folds)
  const objective = target.task === 'regression' ? 'RMSE' : 'LogLoss'
  const width = target.task === 'regression' ? 1 : target.classes.length
  writeFileAtomic(
    join(folder, 'truth.bin'),
    pack({
      task: target.task,
      target: takeValues(target.values, all),
      width,
      baseline: constantOutputs({ target, folds }, width, objective),
    }),
  )
  const cache = new FeatureCache()
  const first = candidates.filter(
    (candidate, i) =>
      Object.keys(candidate.space).length > 0 &&
      candidates.findIndex(({ algorithm }) => algorithm === candidate.algorithm) === i,
  )
  for (const candidate of first) {
    for (const point of pointsOf(
      candidate.algorithm,
      NETS.includes(candidate.algorithm) ? Math.min(2, points) : points,
    )) {
      const config: Config = { algorithm: candidate.algorithm, point }
      const path = join(folder, `${idOf(config)}.bin`)
      if (existsSync(path) && readFileSync(path).length > 0) continue
      try {
        const trial = await fitCandidate(
          { dataset, target, folds, table: { columns: features } },
          candidate,
          algorithms.find(algorithm => algorithm.name === candidate.algorithm)!,
          paramsAt(config, candidate.space),
          { objective, seed: 1, signal: new AbortController().signal, seconds },
          cache,
        )
        writeFileAtomic(path, pack({ config, outputs: trial.outputs, seconds: trial.fitSeconds }))
        note(`${name} ${idOf(config)}: ${objective} ${trial.metrics[objective]!.toPrecision(5)}, ${trial.fitSeconds.toFixed(1)} s`) // prettier-ignore
      } catch (error) {
        note(`${name} ${idOf(config)}: ${messageOf(error)}`)
      }
    }
  }
}

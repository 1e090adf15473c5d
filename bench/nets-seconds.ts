import process from 'node:process'
import type { Algorithm, DatasetShape, TrainingData } from '../src/algorithms/algorithm.ts'
import { algorithms } from '../src/algorithms/index.ts'
import type { Feature } from '../src/data/features.ts'
import { defaults, sample, type Params } from '../src/params/space.ts'
import { createRng, hashSeed } from '../src/util/rng.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine, note } from './harness.ts'
import { argument } from './planned.ts'

// What fits are expected to take beside the processor seconds they do take, over sizes of tables, at defaults and at drawn
// parameters, one thread. --only=NAME,… --longest=SECONDS --draws=N

const NAMES = ['mlp', 'realmlp', 'tabm', 'cnn', 'factorization-machine', 'knn', 'linear-learner']
const ROWS = [500, 2000, 8000, 20_000]
const FEATURES = [8, 40, 200]
const CLASSES = [0, 2, 10]
const SIDE = 16

const longest = Number(argument('longest') ?? 8)
const draws = Number(argument('draws') ?? 1)

function tableOf(algorithm: Algorithm, { rows, features, classes }: DatasetShape): TrainingData {
  const rng = createRng(hashSeed(rows, `${features} ${classes}`))
  const coded = algorithm.requires.includes('category-codes') ? Math.floor(features / 4) : 0
  const columns = Array.from({ length: features }, (_, j): Feature => {
    const values = Float32Array.from({ length: rows }, () => (j < coded ? rng.int(12) : rng.normal()))
    return { kind: 'dense', name: `x${j}`, values, ...(j < coded && { categories: 12 }) }
  })
  const signal = (row: number) => {
    const at = (back: number) => columns[features - back]!.values[row]!
    return at(1) + Math.abs(at(2)) + at(3) * at(4) + rng.normal()
  }
  const target = Float64Array.from({ length: rows }, (_, row) => signal(row))
  if (classes > 0) {
    const sorted = target.slice().sort()
    const cuts = Array.from(
      { length: classes - 1 },
      (_, k) => sorted[Math.floor(((k + 1) * rows) / classes)]!,
    )
    for (const [row, value] of target.entries()) target[row] = cuts.filter(cut => value > cut).length
  }
  const task = classes === 0 ? 'regression' : classes === 2 ? 'binary' : 'multiclass'
  return { features: { rows, columns }, target, task, classes }
}

async function processorSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.round(share * (sorted.length - 1))]!

note(describeMachine())
for (const name of argument('only')?.split(',') ?? NAMES) {
  const algorithm = algorithms.find(one => one.name === name)!
  const picture = name === 'cnn' ? { height: SIDE, width: SIDE, channels: 1 } : {}
  const ratios: number[] = []
  for (const rows of ROWS)
    for (const features of name === 'cnn' ? [SIDE * SIDE] : FEATURES)
      for (const classes of CLASSES) {
        const shape = { ...tableShape(classes), rows, features, classes }
        const space = algorithm.spaceFor?.(shape) ?? algorithm.space
        const rng = createRng(hashSeed(1, `${name} ${rows} ${features} ${classes}`))
        const settings: Params[] = [
          defaults(space),
          ...Array.from({ length: draws }, () => sample(space, rng)),
        ]
        if (algorithm.unfit?.(shape, picture)) continue
        for (const [i, drawn] of settings.entries()) {
          const params = { ...drawn, ...picture }
          const expected = algorithm.expectedSeconds(shape, params)
          if (expected > longest) continue
          const data = tableOf(algorithm, shape)
          const seconds = await processorSeconds(() =>
            algorithm.fit(data, params, {
              seed: 1,
              signal: new AbortController().signal,
              deadline: Infinity,
              threads: 1,
            }),
          )
          ratios.push(seconds / expected)
          note(`${name} ${rows} × ${features}, ${classes} classes, ${i === 0 ? 'defaults' : JSON.stringify(drawn)}: expected ${figure(expected, 3)} s, took ${figure(seconds, 3)} s`) // prettier-ignore
        }
      }
  ratios.sort((a, b) => a - b)
  const middle = [0.1, 0.5, 0.9].map(share => figure(quantile(ratios, share), 2))
  process.stdout.write(
    `${name}: ${ratios.length} fits, taken over expected seconds ${middle[1]} (${middle[0]} … ${middle[2]})\n`,
  )
}

function tableShape(classes: number): Pick<DatasetShape, 'task'> {
  return { task: classes === 0 ? 'regression' : classes === 2 ? 'binary' : 'multiclass' }
}

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Recommendation } from '../../src/candidates/portfolio.ts'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Task } from '../../src/data/dataset.ts'
import { mean } from '../../src/tune/statistics.ts'
import { unpack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'
import { argument } from '../planned.ts'
import { idOf, paramsAt, type Config } from './configs.ts'

// From what portfolio/grid kept: which configurations to try, in which order, after the defaults of every learner, so that the ensemble
// of all has the least regret on average over the tables; found greedily, per task. And what the list is worth on tables that had no
// part in choosing it, beside as many configurations drawn at random.
// node bench/run.mjs portfolio/choose [--in=.bench/portfolio] [--length=8] [--out=src/candidates/portfolio-data.ts]
//
// Regret on a table: (loss of the ensemble − loss of the ensemble of everything) / (loss of the defaults' ensemble − the same), the
// divisor at least 2 % of the loss of the defaults. Two classes and more have one list: there are too few tables of each.

interface Table {
  readonly name: string
  readonly task: Task
  /** By configuration and row, what the loss is made of: the probability of the truth, or the error. */
  readonly rows: ReadonlyMap<string, Float64Array>
  readonly best: number
  readonly defaults: number
}

const root = argument('in') ?? '.bench/portfolio'
const length = Number(argument('length') ?? 8)
const PICKS = 10
/** Rows looked at, spread evenly. */
const SAMPLE_ROWS = 800
const DRAWS = 10
const FLOOR = 1e-6
/** Share of the loss of the defaults: what could be won is never taken for less, so that no table decides by its noise. */
const LEAST_GAP = 0.02

const configs = new Map<string, Config>()
const isDefault = (id: string) => configs.get(id)!.point === 0

const lossOf = (task: Task, sum: Float64Array, size: number): number => {
  let loss = 0
  if (task === 'regression') for (const error of sum) loss += (error / size) ** 2
  else for (const odds of sum) loss -= Math.log(Math.max(FLOOR, odds / size))
  return task === 'regression' ? Math.sqrt(loss / sum.length) : loss / sum.length
}

/** Loss of the greedy ensemble (Caruana et al. 2004). */
function ensembleLoss(task: Task, members: readonly Float64Array[]): number {
  const sum = new Float64Array(members[0]!.length)
  const tried = new Float64Array(sum.length)
  let best = Infinity
  for (let size = 1; size <= PICKS; size++) {
    const losses = members.map(member => {
      for (let i = 0; i < sum.length; i++) tried[i] = sum[i]! + member[i]!
      return lossOf(task, tried, size)
    })
    const least = Math.min(...losses)
    const next = members[losses.indexOf(least)]!
    for (let i = 0; i < sum.length; i++) sum[i]! += next[i]!
    best = Math.min(best, least)
  }
  return best
}

function open(name: string): Table {
  const read = (file: string) => unpack(readFileSync(join(root, name, file)))
  const { task, target, width } = read('truth.bin') as { task: Task; target: Float64Array; width: number }
  const rows = new Map<string, Float64Array>()
  for (const file of readdirSync(join(root, name)).sort()) {
    if (file === 'truth.bin' || !file.endsWith('.bin')) continue
    const { config, outputs } = read(file) as { config: Config; outputs: Float64Array }
    configs.set(idOf(config), config)
    const of = (row: number) =>
      task === 'regression' ? outputs[row]! - target[row]! : outputs[row * width + target[row]!]!
    const size = Math.min(SAMPLE_ROWS, target.length)
    const sampled = (_: unknown, i: number) => of(Math.floor(((i + 0.5) * target.length) / size))
    rows.set(idOf(config), Float64Array.from({ length: size }, sampled))
  }
  return {
    name,
    task,
    rows,
    best: ensembleLoss(task, [...rows.values()]),
    defaults: ensembleLoss(
      task,
      [...rows].filter(([id]) => isDefault(id)).map(([, values]) => values),
    ),
  }
}

/** 1 for nothing but the defaults; nearly 0 on a table where everything else brings nothing. */
function regret({ task, rows, best, defaults }: Table, list: readonly string[]): number {
  const members = [...rows].filter(([id]) => isDefault(id) || list.includes(id)).map(([, values]) => values)
  return (ensembleLoss(task, members) - best) / Math.max(defaults - best, LEAST_GAP * defaults)
}

function choose(tables: readonly Table[]): string[] {
  const list: string[] = []
  const known = [...new Set(tables.flatMap(({ rows }) => [...rows.keys()]))]
    .filter(id => !isDefault(id))
    .sort()
  while (list.length < Math.min(length, known.length)) {
    const worth = known
      .filter(id => !list.includes(id))
      .map(id => ({ id, regret: mean(tables.map(table => regret(table, [...list, id]))) }))
    list.push(worth.reduce((a, b) => (b.regret < a.regret ? b : a)).id)
  }
  return list
}

/** The configuration, within the widest ranges of its learner. */
function recommendation(id: string): Recommendation {
  const config = configs.get(id)!
  const { space } = algorithms.find(({ name }) => name === config.algorithm)!
  const rounded = Object.entries(paramsAt(config, space)).map(([name, value]) => [
    name,
    typeof value !== 'number' || Number.isInteger(value) ? value : Number(value.toPrecision(3)),
  ])
  return { algorithm: config.algorithm, params: Object.fromEntries(rounded) as Recommendation['params'] }
}

const tables = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => open(name))
const GROUPS = { classification: ['binary', 'multiclass'], regression: ['regression'] } as const
const lists: string[] = []
const said: string[] = []
for (const [group, tasks] of Object.entries(GROUPS)) {
  const own = tables.filter(({ task }) => (tasks as readonly Task[]).includes(task))
  const list = own.length > 0 ? choose(own) : []
  lists.push(
    `const ${group}: readonly Recommendation[] = ${JSON.stringify(list.map(recommendation), null, 2)}\n`,
  )
  if (own.length < 2) continue
  const lengths = list.map((_, i) => i + 1)
  const after = (of: readonly Table[], chosen: readonly string[], n: number) =>
    mean(of.map(table => regret(table, chosen.slice(0, n))))
  const others = own.map(table => ({ table, list: choose(own.filter(other => other !== table)) }))
  const leftOut = lengths.map(n => mean(others.map(other => after([other.table], other.list, n))))
  const rng = createRng(0)
  const drawn = Array.from({ length: DRAWS }, () =>
    rng.shuffle([...configs.keys()].filter(id => !isDefault(id))),
  )
  const random = lengths.map(n => mean(drawn.map(shuffled => after(own, shuffled, n))))
  const line = (name: string, values: readonly number[]) =>
    `| ${name} | ${values.map(value => value.toFixed(3)).join(' | ')} |`
  process.stdout.write(
    [
      `\n${group}: ${own.map(({ name }) => name).join(', ')}`,
      list.join(', '),
      `| configurations beside the defaults | ${lengths.join(' | ')} |\n| --- |${lengths.map(() => ' --- |').join('')}`,
      line(
        'the list',
        lengths.map(n => after(own, list, n)),
      ),
      line('chosen without the table it is judged on', leftOut),
      line(`drawn at random, mean of ${DRAWS}`, random),
      '',
    ].join('\n'),
  )
  said.push(` * ${group}: ${own.map(({ name }) => name).join(', ')}.`)
}
const out = argument('out')
if (out) {
  writeFileSync(
    out,
    `import type { Task } from '../data/dataset.ts'
import type { Recommendation } from './portfolio.ts'

${lists.join('\n')}
/**
 * What to try after the defaults of every learner, best first. Made by \`npm run bench:portfolio\` from out-of-fold predictions of
 * \`node bench/run.mjs portfolio/grid\` on at most 2,500 rows of these tables:
${said.join('\n')}
 */
export const portfolios: Readonly<Record<Task, readonly Recommendation[]>> = {
${Object.entries(GROUPS)
  .flatMap(([group, tasks]) =>
    tasks.map(task => (task === group ? `  ${task},\n` : `  ${task}: ${group},\n`)),
  )
  .join('')}}
`,
  )
}

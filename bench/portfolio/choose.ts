import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { metrics } from '../../src/metrics/index.ts'
import type { Truth } from '../../src/metrics/metric.ts'
import { greedyEnsemble } from '../../src/tune/ensemble.ts'
import { mean } from '../../src/tune/statistics.ts'
import { unpack } from '../../src/util/pack.ts'
import { describeMachine } from '../harness.ts'
import { argument } from '../planned.ts'
import { idOf, type Config } from './configs.ts'

// From what portfolio/grid kept: the list of configurations whose ensemble has the least regret on average over the tables, found
// greedily, per task; and what it is worth on tables that had no part in choosing it.
// node bench/run.mjs portfolio/choose [--in=.bench/portfolio] [--length=8] [--out=bench/portfolio/portfolio.json]
//
// Regret of a list on a table: (loss of its ensemble − loss of the ensemble of everything) / (loss of a constant − the same).

interface Table {
  readonly name: string
  readonly truth: Truth
  readonly outputs: ReadonlyMap<string, Float64Array>
  readonly best: number
  readonly constant: number
}

const root = argument('in') ?? '.bench/portfolio'
const length = Number(argument('length') ?? 8)
const SAMPLE_ROWS = 2000 // looked at while choosing
const PICKS = 12

const lossOf = (truth: Truth, outputs: readonly (readonly [string, Float64Array])[]): number =>
  greedyEnsemble(
    outputs.map(([id, values]) => ({ id, outputs: values })),
    truth,
    truth.task === 'regression' ? 'RMSE' : 'LogLoss',
    { picks: PICKS, sampleRows: SAMPLE_ROWS },
  ).score

const configs = new Map<string, Config>()

function open(name: string): Table {
  const read = (file: string) => unpack(readFileSync(join(root, name, file)))
  const { baseline, ...truth } = read('truth.bin') as Truth & { readonly baseline: Float64Array }
  const outputs = new Map<string, Float64Array>()
  for (const file of readdirSync(join(root, name)).sort()) {
    if (file === 'truth.bin' || !file.endsWith('.bin')) continue
    const found = read(file) as { readonly config: Config; readonly outputs: Float64Array }
    configs.set(idOf(found.config), found.config)
    outputs.set(idOf(found.config), found.outputs)
  }
  const metric = truth.task === 'regression' ? metrics.RMSE : metrics.LogLoss
  return {
    name,
    truth,
    outputs,
    best: lossOf(truth, [...outputs]),
    constant: metric.score({ ...truth, outputs: baseline }),
  }
}

/** 1 (that of a constant) for a list none of which this table has. */
function regret({ truth, outputs, best, constant }: Table, list: readonly string[]): number {
  const own = list.flatMap(id => (outputs.has(id) ? [[id, outputs.get(id)!] as const] : []))
  return own.length === 0 ? 1 : (lossOf(truth, own) - best) / (constant - best)
}

function choose(tables: readonly Table[]): string[] {
  const list: string[] = []
  const known = [...new Set(tables.flatMap(({ outputs }) => [...outputs.keys()]))].sort()
  while (list.length < Math.min(length, known.length)) {
    const worth = known
      .filter(id => !list.includes(id))
      .map(id => ({ id, regret: mean(tables.map(table => regret(table, [...list, id]))) }))
    list.push(worth.reduce((a, b) => (b.regret < a.regret ? b : a)).id)
  }
  return list
}

const tables = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => open(name))
const found: Record<string, { list: Config[]; regret: number[]; leftOut: number[]; defaults: number[]; tables: string[] }> = {} // prettier-ignore
for (const task of ['binary', 'multiclass', 'regression'] as const) {
  const own = tables.filter(({ truth }) => truth.task === task)
  if (own.length < 2) continue
  const list = choose(own)
  const after = (of: readonly Table[], chosen: readonly string[], n: number) =>
    mean(of.map(table => regret(table, chosen.slice(0, n))))
  const lengths = list.map((_, i) => i + 1)
  const others = own.map(table => ({ table, list: choose(own.filter(other => other !== table)) }))
  const defaults = [...configs.keys()].filter(id => configs.get(id)!.point === 0).sort()
  found[task] = {
    list: list.map(id => configs.get(id)!),
    regret: lengths.map(n => after(own, list, n)),
    leftOut: lengths.map(n =>
      mean(others.map(({ table, list: chosen }) => regret(table, chosen.slice(0, n)))),
    ),
    defaults: lengths.map(n => after(own, defaults, n)),
    tables: own.map(({ name }) => name),
  }
  const cells = (values: readonly number[]) => values.map(value => value.toFixed(4)).join(' | ')
  process.stdout.write(
    `\n${task}, ${own.length} tables\n| configurations | ${lengths.join(' | ')} |\n|---|${lengths.map(() => '---|').join('')}\n| ${list.join(', ')} | ${cells(found[task].regret)} |\n| chosen without the table they are judged on | ${cells(found[task].leftOut)} |\n| defaults, by name | ${cells(found[task].defaults)} |\n`,
  )
}
const out = argument('out')
if (out)
  writeFileSync(
    out,
    `${JSON.stringify({ made: `node bench/run.mjs portfolio/choose ${process.argv.slice(2).join(' ')}`, machine: describeMachine(), ...found }, null, 2)}\n`,
  )

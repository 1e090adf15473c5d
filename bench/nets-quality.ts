import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../src/data/dataset.ts'
import { splitRows } from '../src/split/index.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine, note, pythonVersions, startPython } from './harness.ts'
import { argument, lossOf, openPlanned, requireDatasets, type Planned } from './planned.ts'

// Log loss (RMSE) and processor seconds of nets at their defaults on a fifth of the rows of real tables, beside pytabkit's RealMLP and TabM
// at theirs on the same rows, one thread each. --only=NAME,… --rows=N --ours=NAME,… --peers=realmlp,tabm

const DATASETS = 'soybean splice nursery satimage micro_mass letter_recognition poker_hand covertype_20k kin8nm'.split(' ') // prettier-ignore
const data = requireDatasets('nets-quality')
const rows = Number(argument('rows') ?? 6000)
const ours = argument('ours')?.split(',') ?? ['mlp', 'realmlp', 'tabm']
const installed = pythonVersions(['pytabkit'])['pytabkit'] !== undefined
const peers = installed ? (argument('peers') ?? 'realmlp').split(',').filter(name => name !== 'none') : []
const python =
  peers.length > 0 ? startPython<{ seconds: number; loss: number }>('bench/peers/nets-quality.py') : undefined
if (!installed) note('pytabkit cannot be imported: our side is measured alone')
const folder = mkdtempSync(join(tmpdir(), 'nets-quality-'))

const numbersOf = (column: Column): ArrayLike<number> =>
  column.kind === 'categorical' ? column.codes : column.kind === 'text' ? [] : column.values

/** Files of a table as the peers read them. */
function save(
  { dataset, target }: Planned,
  { train, validation }: { train: Int32Array; validation: Int32Array },
) {
  const columns = dataset.columns.filter(({ kind }) => kind !== 'text')
  const x = new Float32Array(dataset.rows * columns.length)
  for (const [j, column] of columns.entries()) {
    const values = numbersOf(column)
    for (let row = 0; row < dataset.rows; row++) x[row * columns.length + j] = values[row]!
  }
  const files = { x, y: target.values, train, test: validation }
  for (const [name, values] of Object.entries(files)) writeFileSync(join(folder, name), values)
  const paths = Object.fromEntries(Object.keys(files).map(name => [name, join(folder, name)]))
  const categories = [...columns.keys()].filter(j => columns[j]!.kind === 'categorical')
  return { ...paths, features: columns.length, categories, task: target.task, classes: target.classes.length }
}

note(describeMachine())
process.stdout.write(`| dataset | rows | ${[...ours, ...peers.map(name => `pytabkit ${name}`)].join(' | ')} |\n|---|---|${'---|'.repeat(ours.length + peers.length)}\n`) // prettier-ignore
for (const name of argument('only')?.split(',') ?? DATASETS) {
  const table = await openPlanned(data, name, rows)
  const folds = splitRows(table.target, { seed: 1, folds: 1 })
  const cells: string[] = []
  const show = ({ loss, seconds }: { loss: number; seconds: number }) =>
    cells.push(`${figure(loss, 4)} in ${figure(seconds, 2)} s`)
  for (const algorithm of ours) {
    const candidate = table.candidates.find(one => one.algorithm === algorithm)
    if (!candidate) {
      cells.push('not planned')
      continue
    }
    const before = process.cpuUsage()
    const { loss } = await lossOf(table, candidate, folds)
    const { user, system } = process.cpuUsage(before)
    show({ loss, seconds: (user + system) / 1e6 })
  }
  const saved = python && save(table, folds.folds[0]!)
  for (const peer of peers) show(await python!.ask({ ...saved, peer, seed: 1 }))
  process.stdout.write(`| ${name} | ${table.dataset.rows} | ${cells.join(' | ')} |\n`)
}
python?.close()
rmSync(folder, { recursive: true })

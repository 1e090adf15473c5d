import { findColumn, takeRows, type Dataset, type Task } from '../data/dataset.ts'
import { readDataset } from '../data/read.ts'
import type { TaskSchema } from '../data/schema.ts'
import { nameOf, type TablePath } from '../data/source.ts'
import { kernelShap, type Player } from '../explain/kernel-shap.ts'
import { cellText } from '../explain/mix-rows.ts'
import { playersOf } from '../explain/players.ts'
import { countNodes, isAdditive, isOfTrees, treeColumns } from '../explain/tree-columns.ts'
import { bestClass } from '../pipeline/answer.ts'
import { joinPipelines, outputWidth, predictPipeline, type Pipeline } from '../pipeline/pipeline.ts'
import { InputError } from '../util/errors.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { openFinished, type Finished } from './finished.ts'
import { foldPipelines, heldOutParts } from './held-out.ts'

export interface Contribution {
  /** A column, features of several columns together, or a patch of pixels. */
  readonly name: string
  /** The cell of the row; absent when missing or when there are several. */
  readonly cell?: string
  readonly value: number
}

/** Why a model answers as it does in one row: base + Σ contributions = score. */
export interface RowExplanation {
  /** 1 is the first row under the header. */
  readonly row: number
  /** The class whose score is explained, or the target. */
  readonly of: string
  /** The most probable class; absent where numbers are predicted. */
  readonly predicted?: string
  /** Probability of the class explained, or the predicted value. */
  readonly prediction: number
  readonly base: number
  readonly score: number
  /** Largest first, whatever the sign. */
  readonly contributions: readonly Contribution[]
}

export interface Explanations {
  readonly method: 'exact TreeSHAP' | 'exact Shapley values' | 'sampled KernelSHAP'
  /** Unit of base, score and contributions. */
  readonly unit: string
  /** Which rows, and which models answered. */
  readonly about: string
  /** Mean size of the contributions over the rows and explained scores, largest first. */
  readonly importance: readonly { readonly name: string; readonly value: number }[]
  readonly rows: readonly RowExplanation[]
}

export interface ExplainOptions {
  /** A trial number or candidate instead of the whole model. */
  readonly candidate?: string
  /** Rows of the file, or of the training table where they were held out; counted from 1. Some of all without it. */
  readonly rows?: readonly number[]
  /** The class to explain; the positive one of two, or the one predicted. */
  readonly label?: string
  readonly method?: 'tree' | 'kernel'
  readonly onRow?: (done: number, of: number) => void
}

/** Background rows, and answers asked for per explained row, when one row counts and when many do. */
const CLOSE = { background: 25, answers: 25_000 }
const QUICK = { background: 10, answers: 1200 }
const QUICK_ROWS = 50
/** Rows of trees: as many as some seconds allow, by the nodes that one row is sent through. */
const TREE_WORK = { nodes: 6e6, least: 25, most: 500 }
/** More rows than this are explained the quick way. */
const FEW = 5

/** Explains rows of a file, or rows the models had not learnt from. */
export async function explainExperiment(
  folder: string,
  file: TablePath | undefined,
  options: ExplainOptions = {},
): Promise<Explanations> {
  const finished = await openFinished(folder, 'explain', options.candidate)
  return file === undefined ? explainHeldOut(finished, options) : explainFile(finished, file, options)
}

/** Rows that one pipeline is to explain. */
interface Part {
  readonly dataset: Dataset
  /** Numbers of its rows, as people count them. */
  readonly numbers: readonly number[]
  /** What a background is drawn from: rows the pipeline has not learnt from, where there are any. */
  readonly others: Dataset
  readonly pipeline: Pipeline
}

async function explainFile(
  { paths, spec, data, ensemble, profile }: Finished,
  file: TablePath,
  options: ExplainOptions,
): Promise<Explanations> {
  const { dataset } = await readDataset(file, { schema: data.table })
  const pipeline = joinPipelines(
    foldPipelines(paths, data, ensemble).map(one => ({ weight: 1, pipeline: one })),
  )
  const isTree = chooseTree([pipeline], options)
  const all = Array.from({ length: dataset.rows }, (_, row) => row)
  const chosen = options.rows
    ? options.rows.map(number => rowAt(number, dataset.rows, nameOf(file)))
    : drawn(all, isTree ? treeRows([pipeline]) : QUICK_ROWS, spec.seed)
  const part = {
    dataset: takeRows(dataset, Int32Array.from(chosen)),
    numbers: chosen.map(row => row + 1),
    others: data.dataset,
    pipeline,
  }
  const about = `${chosen.length === dataset.rows ? 'all rows' : `${chosen.length} of ${dataset.rows} rows`} of ${nameOf(file)}, by the whole model`
  return explainParts([part], { data, profile, spec }, options, about, isTree)
}

/** Some held-out rows, or those asked for, each by the models that did not learn from it. */
export async function explainHeldOut(finished: Finished, options: ExplainOptions): Promise<Explanations> {
  const { paths, spec, data, ensemble } = finished
  const pipelines = foldPipelines(paths, data, ensemble)
  const isTree = chooseTree(pipelines, options)
  const limit = isTree ? treeRows(pipelines) : QUICK_ROWS
  const whole = heldOutParts(data, pipelines, { rows: Infinity, seed: spec.seed })
  const asked = options.rows && heldOutRows(options.rows, whole, data.dataset.rows)
  const some = asked
    ? whole.map(({ rows }) => rows.filter(row => asked.has(row)))
    : heldOutParts(data, pipelines, { rows: limit, seed: spec.seed }).map(({ rows }) => rows)
  const parts = whole.map((part, fold) => ({
    dataset: takeRows(data.dataset, some[fold]!),
    numbers: Array.from(some[fold]!, row => row + 1),
    others: part.dataset,
    pipeline: part.pipeline,
  }))
  const count = some.reduce((sum, rows) => sum + rows.length, 0)
  const about = `${count} held-out ${count === 1 ? 'row' : 'rows'}, each by models that did not learn from it`
  return explainParts(
    parts.filter(({ numbers }) => numbers.length > 0),
    finished,
    options,
    about,
    isTree,
  )
}

function heldOutRows(
  asked: readonly number[],
  parts: readonly { readonly rows: Int32Array }[],
  count: number,
): Set<number> {
  const known = new Set(parts.flatMap(({ rows }) => Array.from(rows)))
  for (const number of asked) {
    const row = rowAt(number, count, 'the training table')
    if (known.has(row)) continue
    throw new InputError(
      'E_ROW_WAS_LEARNT',
      `row ${number} was learnt from by every model: expected a held-out row, such as ${[...known][0]! + 1}; explain it as a row of a file: glasspilot explain DIR FILE --row N`,
      { exit: 'usage' },
    )
  }
  return new Set(asked.map(number => number - 1))
}

function rowAt(number: number, count: number, name: string): number {
  if (number <= count) return number - 1
  throw new InputError(
    'E_NO_SUCH_ROW',
    `--row ${number} is beyond the end of ${name}: expected 1 to ${count}, the first under the header being 1`,
    { exit: 'usage' },
  )
}

function chooseTree(pipelines: readonly Pipeline[], { method }: ExplainOptions): boolean {
  const possible = pipelines.every(isOfTrees)
  if (method === 'tree' && !possible) {
    throw new InputError(
      'E_NOT_TREES',
      'the model is not of trees over features that each belong to a column: expected such a one for exact values; leave --method out, or name a tree trial with --candidate',
      { exit: 'usage' },
    )
  }
  return possible && (method === 'tree' || (method === undefined && pipelines.every(isAdditive)))
}

interface Found {
  readonly parts: readonly string[]
  readonly width: number
  readonly unit: string
  readonly base: Float64Array
  readonly scores: Float64Array
  readonly values: Float64Array
  readonly exact: boolean
}

/** Rows that exact values can be found of in good time: fewer for large forests. */
function treeRows(pipelines: readonly Pipeline[]): number {
  const nodes = Math.max(...pipelines.map(countNodes))
  return Math.round(Math.min(TREE_WORK.most, Math.max(TREE_WORK.least, TREE_WORK.nodes / nodes)))
}

async function explainParts(
  parts: readonly Part[],
  { data, profile, spec }: Pick<Finished, 'data' | 'profile' | 'spec'>,
  options: ExplainOptions,
  about: string,
  isTree: boolean,
): Promise<Explanations> {
  const { task } = parts[0]!.pipeline
  const label = options.label === undefined ? undefined : classAt(options.label, task.classes)
  const total = parts.reduce((sum, { numbers }) => sum + numbers.length, 0)
  const names = data.dataset.columns.map(({ name }) => name)
  const rows: RowExplanation[] = []
  const sums = new Map<string, number>()
  let last: Found | undefined
  let exact = true
  let done = 0
  for (const [p, part] of parts.entries()) {
    const found = isTree
      ? { ...treeColumns(part.pipeline, part.dataset), exact: true }
      : await byColumns(part, playersOf(names, profile), {
          task: task.task,
          effort: total <= FEW ? CLOSE : QUICK,
          seed: spec.seed,
          place: p,
          onRow: row => options.onRow?.(done + row, total),
        })
    const answers = await predictPipeline(part.pipeline, part.dataset)
    rows.push(...part.numbers.map((_, i) => explainRow(found, part, i, { answers, task, label })))
    addSizes(sums, found, part.numbers.length, total)
    done += part.numbers.length
    exact &&= found.exact
    last = found
  }
  return {
    method: isTree ? 'exact TreeSHAP' : exact ? 'exact Shapley values' : 'sampled KernelSHAP',
    unit: last?.unit ?? 'value',
    about,
    importance: [...sums].map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value),
    rows: rows.sort((a, b) => a.row - b.row),
  }
}

interface KernelWork {
  readonly task: Task
  readonly effort: typeof CLOSE
  readonly seed: number
  readonly place: number
  readonly onRow: (done: number) => void
}

async function byColumns(
  { dataset, others, pipeline }: Part,
  players: readonly Player[],
  { task, effort, seed, place, onRow }: KernelWork,
): Promise<Found> {
  const all = Array.from({ length: others.rows }, (_, row) => row)
  const background = drawn(all, effort.background, hashSeed(seed, 'background', place))
  const { answers, ...found } = await kernelShap(table => predictPipeline(pipeline, table), dataset, {
    players,
    background: takeRows(others, Int32Array.from(background)),
    width: outputWidth(pipeline.task),
    samples: Math.floor(effort.answers / background.length),
    seed: hashSeed(seed, 'coalitions'),
    onRow,
  })
  const unit = task === 'regression' ? 'value' : 'probability'
  return { ...found, unit, scores: answers, parts: players.map(({ name }) => name) }
}

function explainRow(
  { parts, width, unit, base, scores, values }: Found,
  { dataset, numbers }: Part,
  i: number,
  given: { readonly answers: Float64Array; readonly task: TaskSchema; readonly label: number | undefined },
): RowExplanation {
  const { classes, target, task } = given.task
  const across = outputWidth(given.task)
  const answer = given.answers.subarray(i * across, (i + 1) * across)
  const predicted = bestClass(answer, 0, given.task)
  const chosen = given.label ?? (task === 'multiclass' ? predicted : across - 1)
  // Two classes may share one score, that of the second: the first has the rest of it, or its opposite.
  const isMirrored = width < across && chosen === 0
  const k = width < across ? 0 : chosen
  const turn = (value: number) => (isMirrored ? (unit === 'probability' ? 1 : 0) - value : value)
  const contributions = parts.map((name, part): Contribution => {
    const column = findColumn(dataset, name)
    const cell = column && cellText(column, i)
    const value = values[(i * parts.length + part) * width + k]!
    return { name, ...(cell !== undefined && { cell }), value: isMirrored ? -value : value }
  })
  return {
    row: numbers[i]!,
    of: task === 'regression' ? target : classes[chosen]!,
    ...(task !== 'regression' && { predicted: classes[predicted]! }),
    prediction: answer[chosen]!,
    base: turn(base[k]!),
    score: turn(scores[i * width + k]!),
    contributions: contributions.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)),
  }
}

/** Adds each part's share of the mean size; of classes, the mean over them. */
function addSizes(
  sums: Map<string, number>,
  { parts, width, values }: Found,
  rows: number,
  total: number,
): void {
  for (const [part, name] of parts.entries()) {
    let sum = 0
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < width; k++) sum += Math.abs(values[(row * parts.length + part) * width + k]!)
    sums.set(name, (sums.get(name) ?? 0) + sum / (width * total))
  }
}

function classAt(label: string, classes: readonly string[]): number {
  const found = classes.indexOf(label)
  if (found >= 0) return found
  throw new InputError(
    'E_NO_SUCH_CLASS',
    `--class ${JSON.stringify(label)} is unknown: expected ${
      classes.length > 0
        ? `one of ${classes
            .slice(0, 20)
            .map(name => JSON.stringify(name))
            .join(', ')}`
        : 'none, as numbers are predicted'
    }`,
    { exit: 'usage' },
  )
}

/** At most `limit` of them, by chance, in their order. */
const drawn = (all: readonly number[], limit: number, seed: number): number[] =>
  all.length <= limit
    ? [...all]
    : Array.from(createRng(seed).shuffle(Int32Array.from(all)).subarray(0, limit)).sort((a, b) => a - b)

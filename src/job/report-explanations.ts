import type { PartialDependenceData } from '../charts/index.ts'
import { findColumn, takeRows, type NumericColumn } from '../data/dataset.ts'
import { occlusionMaps } from '../explain/occlusion.ts'
import { partialDependence, type Dependence } from '../explain/partial-dependence.ts'
import { permutationImportance } from '../explain/permutation.ts'
import type { ReportInput } from '../report/index.ts'
import { count } from '../util/text.ts'
import { explainHeldOut } from './explain.ts'
import type { Finished } from './finished.ts'
import { foldPipelines, heldOutParts, type HeldOutRows } from './held-out.ts'

const ROWS = 1000
const COLUMNS = 40
const REPEATS = 3
/** Permutation importance, told first, decides which columns are looked at closer. */
const DEPENDENCE_COLUMNS = 6
const DEPENDENCE_ROWS = 120
const DEPENDENCE_POINTS = 14
const CLASSES_DRAWN = 5
const PICTURES = 10
const BACKGROUND_PICTURES = 100

type Told = Pick<ReportInput, 'importance' | 'shap' | 'dependence' | 'saliency'>

/** What the report says of why the model answers as it does; all on held-out rows. */
export async function explanationsOf(finished: Finished, tell: (what: string) => void): Promise<Told> {
  const { paths, data, ensemble, profile } = finished
  if (profile.image) {
    tell('saliency of pictures')
    return { saliency: await saliencyOf(finished) }
  }
  const pipelines = foldPipelines(paths, data, ensemble)
  const parts = heldOutParts(data, pipelines, { rows: ROWS, seed: finished.spec.seed })
  const importance = await importanceOf(finished, parts, tell)
  const shap = await shapOf(finished, tell)
  const names = importance!.features
    .map(({ name }) => name)
    .filter(name => findColumn(data.dataset, name)!.kind !== 'text')
    .slice(0, DEPENDENCE_COLUMNS)
  const few = heldOutParts(data, pipelines, { rows: DEPENDENCE_ROWS, seed: finished.spec.seed })
  const dependence = await dependenceOf(finished, few, names, tell)
  return { ...(importance && { importance }), shap, dependence }
}

async function importanceOf(
  { spec, data, profile, objective, scored }: Finished,
  parts: readonly HeldOutRows[],
  tell: (what: string) => void,
): Promise<ReportInput['importance']> {
  const power = new Map(profile.columns.map(column => [column.name, column.prediction?.power ?? 0]))
  const columns = data.dataset.columns
    .map(({ name }) => name)
    .sort((a, b) => power.get(b)! - power.get(a)!)
    .slice(0, COLUMNS)
  const found = await permutationImportance(parts, {
    task: scored.task,
    width: scored.width,
    metric: objective.name,
    columns,
    repeats: REPEATS,
    seed: spec.seed,
    onColumn: done => {
      if (done === columns.length || done % 10 === 0) tell(`importance: ${done} of ${columns.length} columns`)
    },
  })
  return {
    measure: `loss of ${objective.name} when shuffled`,
    features: found.columns.map(({ name, drop, std }) => ({ name, value: drop, std })),
  }
}

async function shapOf(finished: Finished, tell: (what: string) => void): Promise<NonNullable<Told['shap']>> {
  const { method, unit, about, importance } = await explainHeldOut(finished, {
    onRow: (done, of) => {
      if (done === of || done % 20 === 0) tell(`SHAP values: ${done} of ${of} rows`)
    },
  })
  return { measure: `mean |SHAP| (${unit})`, features: importance, method: `${method}, ${about}` }
}

async function dependenceOf(
  { spec, data, scored }: Finished,
  parts: readonly HeldOutRows[],
  names: readonly string[],
  tell: (what: string) => void,
): Promise<PartialDependenceData[]> {
  const found: PartialDependenceData[] = []
  for (const name of names) {
    const dependence = await partialDependence(parts, name, {
      width: scored.width,
      points: DEPENDENCE_POINTS,
    })
    if (dependence) found.push(drawn(dependence, data.target.classes, spec.target))
  }
  tell(`partial dependence on ${count(found.length)} columns`)
  return found
}

/** The lines of a picture: of the target, of the positive class with single rows, or of several classes. */
function drawn(found: Dependence, classes: readonly string[], target: string): PartialDependenceData {
  const { name, kind, grid, labels, width, mean, curves, rows } = found
  const at = (k: number) => grid.map((_, i) => mean[i * width + k]!)
  const several = classes.length > 2
  const chosen = several ? [...classes.keys()].slice(0, CLASSES_DRAWN) : [width - 1]
  const k = width - 1
  return {
    name,
    kind,
    grid,
    labels,
    outputs: chosen.map(output => ({ name: classes[output] ?? target, mean: at(output) })),
    curves: several
      ? []
      : Array.from({ length: rows }, (_, row) =>
          grid.map((_, i) => curves[(row * grid.length + i) * width + k]!),
        ),
    axis: several ? 'probability' : classes.length === 2 ? `probability of ${classes[1]!}` : target,
  }
}

/** A held-out picture of each class in turn, and what the answer hangs on. */
async function saliencyOf({
  paths,
  spec,
  data,
  ensemble,
  profile,
  scored,
}: Finished): Promise<NonNullable<Told['saliency']>> {
  const shape = profile.image!
  const pipelines = foldPipelines(paths, data, ensemble)
  const parts = heldOutParts(data, pipelines, { rows: ROWS, seed: spec.seed })
  const part = parts.find(({ rows }) => rows.length > 0)!
  const { classes } = data.target
  const chosen = inTurn(part.target, PICTURES)
  const dataset = takeRows(part.dataset, Int32Array.from(chosen))
  const background = takeRows(
    part.dataset,
    Int32Array.from({ length: Math.min(BACKGROUND_PICTURES, part.dataset.rows) }, (_, row) => row),
  )
  const { width } = scored
  const answers = await part.predict(dataset)
  const output = chosen.map((_, row) => {
    const answer = answers.subarray(row * width, (row + 1) * width)
    return answer.indexOf(Math.max(...answer))
  })
  const maps = await occlusionMaps(part.predict, dataset, background, { shape, width, output })
  const pixels = shape.columns.map(
    name => dataset.columns.find(column => column.name === name) as NumericColumn,
  )
  return {
    ...shape,
    images: chosen.map((at, row) => ({
      label:
        classes.length > 0
          ? `${classes[part.target[at]!]!} → ${classes[output[row]!]!}`
          : String(part.target[at]),
      pixels: pixels.map(column => column?.values[row] ?? NaN),
      weights: maps[row]!,
    })),
  }
}

/** Places of the first rows of every class, the classes in turn. */
function inTurn(target: Float64Array, limit: number): number[] {
  const seen = new Map<number, number>()
  const rounds = Array.from(target, (value, row) => {
    const round = seen.get(value) ?? 0
    seen.set(value, round + 1)
    return { row, round, value }
  })
  return rounds
    .sort((a, b) => a.round - b.round || a.value - b.value)
    .slice(0, limit)
    .map(({ row }) => row)
}

import { z } from 'zod'
import type { Algorithm } from '../algorithms/algorithm.ts'
import type { Task } from '../data/dataset.ts'
import { nearestParams, parseParams } from '../params/space.ts'
import { isForTask, transforms } from '../transforms/index.ts'
import type { Transform } from '../transforms/transform.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { nearest } from '../util/text.ts'
import type { Candidate, Step } from './candidate.ts'

export const FORMAT_VERSION = 1

const value = z.union([z.string(), z.number(), z.boolean()])
const params = z.record(z.string(), value)
const stepSchema = z.strictObject({ transform: z.string(), params: params.default({}) })
const condition = z.strictObject({ param: z.string(), in: z.array(value) })
const range = {
  low: z.number(),
  high: z.number(),
  log: z.boolean(),
  default: z.number(),
  when: condition.optional(),
}
const distribution = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('float'), ...range }),
  z.strictObject({ type: z.literal('int'), ...range }),
  z.strictObject({
    type: z.literal('choice'),
    choices: z.array(value).min(1),
    default: value,
    when: condition.optional(),
  }),
])
const candidateSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'expected small letters, digits, "-", "." or "_"'),
  role: z.string().default('edited'),
  reason: z.string().default(''),
  groups: z.array(
    z.strictObject({
      name: z.string(),
      reason: z.string().default(''),
      columns: z.array(z.string()),
      encode: z.array(stepSchema),
      then: z.array(stepSchema).default([]),
    }),
  ),
  merged: z.array(stepSchema).default([]),
  algorithm: z.string(),
  static: params.default({}),
  space: z.record(z.string(), distribution),
  starts: z.array(z.strictObject({ order: z.int().min(0), params })).optional(),
})
const fileSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  candidates: z.array(candidateSchema).min(1),
})

export interface ParseOptions {
  /** Known algorithms; names are not checked without them. */
  readonly algorithms?: readonly Algorithm[]
  /** Feature columns of the table; names are not checked without them. */
  readonly columns?: readonly string[]
  /** Whether transforms are meant for it is not checked without it. */
  readonly task?: Task
}

/** The text of `candidates.json`. */
export const formatCandidates = (candidates: readonly Candidate[]): string =>
  `${JSON.stringify({ formatVersion: FORMAT_VERSION, candidates }, null, 2)}\n`

/** Reads `candidates.json`, as text or parsed, and checks every name and setting in it. The first fault is one sentence with its path. */
export function parseCandidates(json: unknown, options: ParseOptions = {}): Candidate[] {
  const parsed = fileSchema.safeParse(typeof json === 'string' ? parseJson(json) : json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw fault(pathOf(issue.path), `${lowerFirst(issue.message)}`)
  }
  const candidates = parsed.data.candidates as readonly Candidate[]
  const names = new Set<string>()
  for (const [i, candidate] of candidates.entries()) {
    const path = `candidates[${i}]`
    if (names.has(candidate.name))
      throw fault(`${path}.name`, `"${candidate.name}" stands twice; give each its own name`)
    names.add(candidate.name)
    checkCandidate(candidate, path, options)
  }
  return candidates.map(withinRanges)
}

/** Starts follow ranges that were edited. */
const withinRanges = (candidate: Candidate): Candidate =>
  candidate.starts
    ? {
        ...candidate,
        starts: candidate.starts.map(({ order, params }) => ({
          order,
          params: nearestParams(params, candidate.space),
        })),
      }
    : candidate

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(
      'E_BAD_CANDIDATES',
      `candidates.json is not JSON: ${messageOf(error)}; mend it or delete it to plan anew`,
    )
  }
}

/** What is wrong with a plan, and where in it: `candidates[0].space.eta`. */
export class CandidateFault extends InputError {
  readonly path: string
  readonly problem: string
  constructor(path: string, problem: string) {
    super('E_BAD_CANDIDATES', `candidates.json at ${path}: ${problem}`)
    this.path = path
    this.problem = problem
  }
}

const fault = (path: string, problem: string) => new CandidateFault(path, problem)

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

const pathOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'its top'
    : path
        .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
        .join('')

function checkCandidate(candidate: Candidate, path: string, options: ParseOptions): void {
  const { algorithms, columns, task } = options
  for (const [g, group] of candidate.groups.entries()) {
    const place = `${path}.groups[${g}]`
    for (const [c, column] of group.columns.entries()) {
      if (columns && !columns.includes(column)) {
        throw fault(
          `${place}.columns[${c}]`,
          `the table has no feature column ${JSON.stringify(column)}${hint(column, columns)}`,
        )
      }
    }
    for (const [s, step] of group.encode.entries()) checkStep(step, `${place}.encode[${s}]`, 'encode', task)
    for (const [s, step] of group.then.entries()) checkStep(step, `${place}.then[${s}]`, 'features', task)
  }
  for (const [s, step] of candidate.merged.entries())
    checkStep(step, `${path}.merged[${s}]`, 'features', task)
  if (algorithms) checkAlgorithm(candidate, path, algorithms, task)
}

function checkAlgorithm(
  candidate: Candidate,
  path: string,
  all: readonly Algorithm[],
  task: Task | undefined,
): void {
  const fits = ({ tasks }: Algorithm) => !task || tasks.includes(task)
  const names = all.filter(fits).map(({ name }) => name)
  const algorithm = all.find(({ name }) => name === candidate.algorithm)
  if (algorithm && !fits(algorithm)) {
    throw fault(`${path}.algorithm`, notFor(algorithm, task!, names))
  }
  if (!algorithm) {
    throw fault(
      `${path}.algorithm`,
      `${JSON.stringify(candidate.algorithm)} is unknown; expected one of ${names.join(', ')}`,
    )
  }
  const ranges = Object.keys(algorithm.space)
  for (const [part, params, known] of [
    ['static', candidate.static, [...ranges, ...Object.keys(algorithm.settings ?? {})]],
    ['space', candidate.space, ranges],
    ...(candidate.starts ?? []).map(({ params }, s) => [`starts[${s}].params`, params, ranges] as const),
  ] as const) {
    for (const name of Object.keys(params)) {
      if (known.includes(name)) continue
      throw fault(
        `${path}.${part}.${name}`,
        `${algorithm.name} has no such parameter${hint(name, known)}; expected one of ${known.join(', ')}`,
      )
    }
  }
  const { settings } = algorithm
  if (settings) {
    const given = Object.entries(candidate.static).filter(([name]) => Object.hasOwn(settings, name))
    try {
      parseParams(settings, Object.fromEntries(given), algorithm.name)
    } catch (error) {
      throw fault(`${path}.static`, messageOf(error))
    }
  }
  for (const [name, distribution] of Object.entries(candidate.space)) {
    if (distribution.type === 'choice') continue
    const { low, high, default: fallback } = distribution
    if (
      !(low <= high) ||
      Number(fallback) < low ||
      Number(fallback) > high ||
      (distribution.log && low <= 0)
    ) {
      throw fault(
        `${path}.space.${name}`,
        `low ${low}, high ${high}, default ${fallback}; expected low ≤ default ≤ high${distribution.log ? ' and low > 0' : ''}`,
      )
    }
  }
}

const notFor = (
  { name, tasks }: { readonly name: string; readonly tasks?: readonly Task[] },
  task: Task,
  others: readonly string[],
) => `"${name}" is for ${tasks!.join(' or ')}, and this is ${task}; expected one of ${others.join(', ')}`

const hint = (typed: string, names: readonly string[]): string => {
  const near = nearest(typed, names)
  return near === undefined ? '' : ` (did you mean ${JSON.stringify(near)}?)`
}

function checkStep(step: Step, path: string, stage: 'encode' | 'features', task: Task | undefined): void {
  const fits = (transform: Transform) =>
    (transform.stage === 'features') === (stage === 'features') && (!task || isForTask(transform, task))
  const ofStage = transforms.filter(fits).map(({ name }) => name)
  const transform = transforms.find(({ name }) => name === step.transform)
  if (!transform || !fits(transform)) {
    if (transform && transform.stage !== 'features' && task && !isForTask(transform, task))
      throw fault(`${path}.transform`, notFor(transform, task, ofStage))
    throw fault(
      `${path}.transform`,
      `${JSON.stringify(step.transform)} cannot stand here; expected one of ${ofStage.join(', ')}`,
    )
  }
  try {
    parseParams(transform.space, step.params, `transform "${step.transform}"`)
  } catch (error) {
    throw fault(`${path}.params`, messageOf(error))
  }
}

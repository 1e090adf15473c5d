import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Candidate } from '../candidates/candidate.ts'
import { defaultWorkers } from '../backends/local/machine.ts'
import { algorithms } from '../algorithms/index.ts'
import { readCandidatesFile, writeCandidateFiles } from '../candidates/files.ts'
import { resolveTable } from '../data/catalogue.ts'
import { openData } from '../experiment/data.ts'
import { prepareExperiment } from '../experiment/prepare.ts'
import { scheduleOf, type Schedule } from '../experiment/schedule.ts'
import { createStore, layout, readDocument } from '../experiment/store.ts'
import { readFeatureSpecification } from '../job/features.ts'
import { VERSION } from '../job/version.ts'
import { defaults, type Params, type ParamValue, type Space } from '../params/space.ts'
import type { ExperimentEvent } from '../experiment/types.ts'
import { backendNamed } from '../backends/index.ts'
import { EXIT, InputError } from '../util/errors.ts'
import { duration, inline } from '../util/text.ts'
import { cloudFrom, cloudOptions, formatCloudPlan, planCloud } from './cloud-options.ts'
import {
  choiceOptions,
  jsonOption,
  option,
  parseDuration,
  wholeNumber,
  type CommandDefinition,
  type CommandInput,
} from './command.ts'
import { parseProblemType } from './names.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

export const planCommand: CommandDefinition = {
  usage: 'plan <experiment-or-data...>',
  summary:
    'Show the pipelines of an experiment, or those a run on a file would try, in which order and for how long; trains nothing',
  examples: [
    'glasspilot plan churn.csv --target Churn',
    'glasspilot plan glasspilot-churn',
    'glasspilot plan churn.csv --target Churn --candidates plan',
  ],
  options: [
    option('--target <column>', 'the column to predict, for a file'),
    option('--problem-type <type>', 'as for run'),
    option('--features <file>', 'as for run'),
    option(
      '--candidates <folder>',
      'write one file per candidate there, to be edited; run and resume take it',
    ),
    option('--backend <name>', 'sagemaker: what it would refuse, what it would cost, every call').default(
      'local',
    ),
    ...cloudOptions().filter(({ long }) => long !== '--dry-run'),
    ...choiceOptions(),
    option('--budget <time>', 'as for run: how it would be spent').argParser(parseDuration),
    option('--max-candidates <n>', 'as for run').argParser(wholeNumber(1)).default(250),
    option('--workers <n>', 'as for run').argParser(wholeNumber(1)),
    jsonOption(),
  ],
  async run(input, output) {
    if (backendNamed(String(input.options['backend'])).name !== 'local') return planElsewhere(input, output)
    const plan = await planOf(input, output)
    const { candidates, schedule } = plan
    const folder = input.options['candidates'] as string | undefined
    if (folder !== undefined) {
      const files = writeCandidateFiles(folder, candidates)
      output.print(input.options['json'] ? JSON.stringify({ files }) : files.join('\n'))
      return EXIT.ok
    }
    if (input.options['json']) output.print(JSON.stringify({ candidates, schedule }))
    else output.print([...candidates.map(formatCandidate), formatSchedule(plan, output.columns)].join('\n\n'))
    return EXIT.ok
  },
}

/** A run elsewhere, found without a word to it. */
async function planElsewhere({ args, options }: CommandInput, output: Output): Promise<number> {
  const cloud = cloudFrom(options)
  const task =
    options['problemType'] === undefined ? undefined : parseProblemType(String(options['problemType']))
  const target = options['target'] as string | undefined
  const features = options['features'] as string | undefined
  const plan = await planCloud({
    data: args,
    ...(target !== undefined && { target }),
    ...(task && { task }),
    ...(features !== undefined && { features: readFeatureSpecification(features, target) }),
    ...(cloud && { cloud }),
    backend: String(options['backend']),
    maxCandidates: options['maxCandidates'] as number,
    ...(options['budget'] !== undefined && { budgetSeconds: options['budget'] as number }),
    ...(options['workers'] !== undefined && { workers: options['workers'] as number }),
  })
  output.print(options['json'] ? JSON.stringify(plan) : formatCloudPlan(plan))
  return plan.refusals.length > 0 ? EXIT.badData : EXIT.ok
}

interface Plan {
  readonly candidates: readonly Candidate[]
  readonly schedule: Schedule
}

async function planOf({ args, options }: CommandInput, output: Output): Promise<Plan> {
  const place = args[0]!
  const limits = {
    workers: (options['workers'] as number | undefined) ?? defaultWorkers(),
    maxCandidates: options['maxCandidates'] as number,
    ...(options['budget'] !== undefined && { budgetSeconds: options['budget'] as number }),
  }
  if (existsSync(layout(place).spec) && statSync(place).isDirectory()) {
    const paths = layout(place)
    const candidates = readCandidatesFile(paths.candidates, { algorithms })
    const profile = readDocument<{ columnCount: number }>(paths.profile)
    return { candidates, schedule: scheduleOf({ ...openData(paths), profile }, candidates, limits) }
  }
  const found = await resolveTable(args)
  const target = (options['target'] as string | undefined) ?? found.target
  if (target === undefined) {
    throw new InputError(
      'E_NO_TARGET',
      `no target column was named for ${place}: expected --target COLUMN, the column to predict`,
      { exit: 'usage' },
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-plan-'))
  const task =
    options['problemType'] === undefined ? undefined : parseProblemType(String(options['problemType']))
  const features = options['features'] as string | undefined
  const store = createStore(
    folder,
    {
      name: 'plan',
      data: found.train,
      target,
      ...(task && { task }),
      ...(features !== undefined && { features: readFeatureSpecification(features, target) }),
      ...(options['image'] !== undefined && { image: String(options['image']) }),
      dropLeaks: options['dropLeaks'] === true,
      normaliseLabels: options['normaliseLabels'] === true,
      mode: 'auto',
      maxCandidates: 1,
      seed: 0,
      workers: 1,
      backend: 'local',
      definitionsOnly: true,
    },
    VERSION,
  )
  try {
    const started = performance.now()
    const prepared = await prepareExperiment(store, event => tellWarning(event, output))
    const preparedSeconds = (performance.now() - started) / 1000
    return {
      candidates: prepared.candidates,
      schedule: scheduleOf(prepared, prepared.candidates, { ...limits, preparedSeconds }),
    }
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function tellWarning(event: ExperimentEvent, { note }: Output): void {
  if (event.type === 'warning') note(`note: ${inline(event.message)}`)
}

function formatCandidate({ name, role, reason, groups, merged, algorithm, space }: Candidate): string {
  const steps = (list: readonly { transform: string }[]) => list.map(({ transform }) => transform).join(' → ')
  const lines = groups.map(group => {
    const chain = [group.encode.map(({ transform }) => transform).join(' + '), steps(group.then)]
      .filter(text => text !== '')
      .join(' → ')
    return `  ${group.name} (${group.columns.length} columns): ${chain}`
  })
  const ranges = Object.entries(space).map(([param, d]) =>
    d.type === 'choice'
      ? `${param} {${d.choices.join(', ')}}`
      : `${param} ${d.low}…${d.high}${d.log ? ' log' : ''}`,
  )
  return [
    `${name}  [${role}]`,
    `  why: ${reason}`,
    ...lines,
    ...(merged.length > 0 ? [`  all: ${steps(merged)}`] : []),
    `  ${algorithm}: ${ranges.join(', ') || 'nothing to tune'}`,
  ].join('\n')
}

/** What differs from the defaults. */
function changedParams(params: Params, space: Space): string {
  const usual = defaults(space)
  const changed = Object.entries(params).filter(([name, value]) => usual[name] !== value)
  const short = (value: ParamValue) => (typeof value === 'number' ? Number(value.toPrecision(3)) : value)
  return changed.map(([name, value]) => `${name} ${short(value)}`).join(', ') || 'defaults'
}

function formatSchedule({ candidates, schedule: { portfolio, stages } }: Plan, columns: number): string {
  const spaces = new Map(candidates.map(({ name, space }) => [name, space]))
  const about = (seconds: number | undefined) => (seconds === undefined ? '' : duration(seconds))
  const order = table(
    ['order', 'pipeline', 'a trial takes about', 'set to'],
    portfolio.map(({ order, candidate, params, seconds }) => [
      String(order),
      candidate,
      about(seconds),
      changedParams(params, spaces.get(candidate)!),
    ]),
    columns,
    'rlrl',
  )
  const times = table(
    ['stage', 'about', 'what'],
    stages.map(({ stage, seconds, detail }) => [stage, about(seconds), detail]),
    columns,
    'lrl',
  )
  return `${order}\n\n${times}`
}

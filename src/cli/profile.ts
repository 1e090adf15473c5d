import { resolveTable } from '../data/catalogue.ts'
import { showDistinct, showRankError, showRows } from '../profile/show.ts'
import { readDataset } from '../data/read.ts'
import { nameOf } from '../data/source.ts'
import { makeTarget } from '../data/target.ts'
import { sampleImages, type ImageSample } from '../experiment/images.ts'
import { readFeatureSpecification } from '../job/features.ts'
import { parseImageShape } from '../profile/image.ts'
import { profileDataset } from '../profile/index.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { count, figure, shellWord } from '../util/text.ts'
import {
  choiceOptions,
  jsonOption,
  option,
  wholeNumber,
  type CommandDefinition,
  type CommandInput,
} from './command.ts'
import { parseProblemType } from './names.ts'
import type { Output } from './output.ts'
import { showStages } from './stages.ts'
import { table } from './table.ts'

const MOST_COLUMNS = 60
const MOST_ROWS = 5

export const profileCommand: CommandDefinition = {
  usage: 'profile [data...]',
  summary: 'Describe a table: types with reasons, statistics, and what to look at before training',
  examples: [
    'glasspilot profile churn.csv --target Churn',
    'glasspilot profile churn.csv --target Churn --output profile.html',
    'glasspilot profile churn.csv --target Churn --test next_month.csv   # are the new rows like these?',
    'glasspilot profile --schema   # JSON Schema of what --json prints',
  ],
  options: [
    option('--target <column>', 'the column to predict'),
    option('--test <file>', 'rows to be predicted, labelled or not: whether they are like these'),
    option('--output <file>', 'write a page (.html) or the numbers (.json) there'),
    option('--problem-type <type>', 'BinaryClassification, MulticlassClassification or Regression'),
    option('--features <file>', 'feature specification (JSON): the types of columns'),
    ...choiceOptions(),
    option('--seed <n>', 'same seed and data: same profile').argParser(wholeNumber(0)).default(0),
    option('--schema', 'print the JSON Schema of a profile'),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run(input, output) {
    const { options } = input
    if (options['schema']) {
      const { profileJsonSchema } = await import('../profile/schema.ts')
      return output.print(JSON.stringify(profileJsonSchema(), null, 2))
    }
    const { profile, images } = await makeProfile(input, output)
    const file = options['output'] as string | undefined
    if (file !== undefined) {
      await writeProfile(file, profile, images)
      output.note(`wrote ${file}`)
    }
    if (options['json']) return output.print(JSON.stringify(profile))
    if (file === undefined) printProfile(profile, output)
    if (!options['quiet']) tellNext(input, profile, output)
  },
}

/** Stages of a profile: reading, columns, copies, correlations, unusual rows; two with a target; two with a test file. */
const stagesOf = (target: string | undefined, test: string | undefined): number =>
  5 + (target === undefined ? 0 : 2) + (test === undefined ? 0 : 2)

const KEPT_FLAGS = { problemType: '--problem-type', features: '--features', image: '--image', dropLeaks: '--drop-leaks', normaliseLabels: '--normalise-labels' } as const // prettier-ignore

/** What a person types next, with the choices made here. */
function tellNext({ args, options }: CommandInput, { target }: DatasetProfile, { note }: Output): void {
  const data = args.map(shellWord).join(' ')
  const kept = Object.entries(KEPT_FLAGS).flatMap(([name, flag]) => {
    const value = options[name]
    return value === undefined || value === false
      ? []
      : value === true
        ? [flag]
        : [flag, shellWord(String(value))]
  })
  const words = [data, '--target', target ? shellWord(target.name) : 'COLUMN', ...kept].join(' ')
  note('')
  note('Next:')
  if (target === undefined) return note(`  glasspilot profile ${words}   # with the column to predict`)
  if (options['output'] === undefined)
    note(`  glasspilot profile ${words} --output profile.html   # the same as a page`)
  note(`  glasspilot run ${words} --budget 10m`)
}

interface Described {
  readonly profile: DatasetProfile
  readonly images?: readonly ImageSample[] | undefined
}

async function makeProfile({ args, options }: CommandInput, output: Output): Promise<Described> {
  const text = (name: string) => options[name] as string | undefined
  const file = text('output')
  if (args[0] === undefined || (file !== undefined && !/\.(?:html?|json)$/i.test(file))) {
    const [code, message] =
      args[0] === undefined
        ? [
            'E_NO_DATA',
            'no data was named: expected a CSV or Parquet file, or a dataset name, as in "glasspilot profile churn.csv"',
          ]
        : [
            'E_OUTPUT_NAME',
            `--output ${file} has an unknown ending: expected a name that ends in .html or .json`,
          ]
    throw new InputError(code!, message!, { exit: 'usage' })
  }
  const found = await resolveTable(args)
  const target = text('target') ?? found.target
  const task = text('problemType') === undefined ? undefined : parseProblemType(text('problemType')!)
  const features = text('features')
  const choice = features === undefined ? undefined : readFeatureSpecification(features, target)
  const test = text('test')
  const stages = showStages(output, stagesOf(target, test), options['quiet'] === true)
  stages.next(`reading ${nameOf(found.train)}`)
  const { dataset, schema, report } = await readDataset(found.train, {
    ...(target !== undefined && { target }),
    onProgress: stages.part,
    ...(choice && { overrides: Object.fromEntries(choice.kinds) }),
    ...(choice?.names && { features: choice.names }),
  })
  const image = text('image')
  const normaliseLabels = options['normaliseLabels'] === true
  const made = target === undefined ? undefined : makeTarget(dataset, target, task, { normaliseLabels })
  if (test !== undefined) stages.next(`reading ${nameOf(test)}`)
  const rows = test === undefined ? undefined : (await readDataset(test, { schema })).dataset
  const profile = await profileDataset(dataset, schema, {
    ...(target !== undefined && { target }),
    ...(made && { made }),
    ...(rows && { test: rows }),
    report,
    dropLeaks: options['dropLeaks'] === true,
    ...(image !== undefined && { image: parseImageShape(image) }),
    seed: options['seed'] as number,
    onStage: stages.next,
  })
  const { length } = profile.insights
  stages.end(
    `profiled ${count(profile.rows)} rows × ${count(profile.columnCount)} columns: ${count(length)} finding${length === 1 ? '' : 's'}`,
  )
  return { profile, images: made && sampleImages(dataset, made.target, profile, made.rows) }
}

async function writeProfile(
  file: string,
  profile: DatasetProfile,
  images: Described['images'],
): Promise<void> {
  if (/\.json$/i.test(file)) return writeFileAtomic(file, `${JSON.stringify(profile)}\n`)
  const { renderProfilePage } = await import('../report/profile-page.ts')
  writeFileAtomic(file, renderProfilePage(profile, images))
}

function printProfile(profile: DatasetProfile, { print, columns, style }: Output): void {
  print(
    `${profile.dataset}: ${count(profile.rows)} rows × ${count(profile.columnCount)} columns, ${showRows(profile.duplicateRows, profile.duplicateError)} duplicate rows`,
  )
  const { quickModel, drift, anomalies } = profile
  if (quickModel) {
    print(
      `quick model: ${quickModel.metric} ${figure(quickModel.score)} ± ${figure(quickModel.error, 2)} (a constant answer: ${figure(quickModel.baseline)})`,
    )
  }
  if (drift) {
    print(
      `test rows are told from training rows with AUC ${figure(drift.auc)} ± ${figure(drift.error, 2)} (0.5: not at all)`,
    )
  }
  print('')
  print(columnTable(profile, columns))
  if (anomalies && anomalies.unusual > 0) {
    const rows = anomalies.rows.slice(0, MOST_ROWS).map(({ row }) => count(row + 1))
    print('')
    print(`most unusual rows (counted from 1): ${rows.join(', ')}`)
  }
  for (const insight of profile.insights) {
    const column = insight.column === undefined ? '' : ` · ${insight.column}`
    print('')
    print(
      `${style(insight.severity === 'high' ? 'red' : 'yellow', `${insight.severity} · ${insight.title}${column}`)} [${insight.id}]`,
    )
    print(`  ${insight.fact}`)
    print(`  ${insight.why} Harmless when: ${insight.harmlessWhen}`)
    print(`  → ${insight.action}`)
  }
}

function columnTable({ columns, judged }: DatasetProfile, width: number): string {
  const rows = columns.slice(0, MOST_COLUMNS).map(column => [
    column.name.slice(0, 28),
    column.kind,
    column.use,
    `${figure(column.missingFraction * 100, 3)} %`,
    showDistinct(column),
    ...(judged ? [column.prediction ? column.prediction.power.toFixed(3) : ''] : []),
    column.numeric
      ? `${figure(column.numeric.min)} … ${figure(column.numeric.median)} … ${figure(column.numeric.max)}${showRankError(column).replace('rank', 'median: rank')}`
      : column.top
          .slice(0, 3)
          .map(({ value }) => value.slice(0, 16))
          .join(', '),
    column.reason,
  ])
  const more =
    columns.length > MOST_COLUMNS
      ? `\n… and ${count(columns.length - MOST_COLUMNS)} more columns (--json has all)`
      : ''
  const head = ['column', 'type', 'use', 'missing', 'distinct', ...(judged ? ['power'] : []), 'values', 'why']
  return table(head, rows, width, judged ? 'lllrrrll' : 'lllrrll') + more
}

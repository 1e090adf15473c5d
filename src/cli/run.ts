import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { resolveDataset } from '../data/catalogue.ts'
import { defaultWorkers } from '../backends/local/machine.ts'
import { createStore } from '../experiment/store.ts'
import type { ExperimentSpec, Mode } from '../experiment/types.ts'
import { VERSION } from '../job/version.ts'
import { readFeatureSpecification } from '../job/features.ts'
import { parseMetricName } from '../metrics/index.ts'
import { InputError } from '../util/errors.ts'
import {
  jsonOption,
  option,
  parseDuration,
  wholeNumber,
  type CommandDefinition,
  type CommandInput,
} from './command.ts'
import { nameFrom, parseExperimentName, parseProblemType } from './names.ts'
import { watchJob } from './watch.ts'

export const runCommand: CommandDefinition = {
  usage: 'run <data>',
  summary:
    'Train: a CSV file (or a dataset name) and a target column in; leaderboard, notebooks and model out',
  examples: [
    'glasspilot run mnist --budget 3m',
    'glasspilot run churn.csv --target Churn --budget 10m',
    'glasspilot run houses.csv --target price --test houses_test.csv --objective RMSE',
    'glasspilot run churn.csv --target Churn --definitions-only   # plan and notebooks, no training',
  ],
  options: [
    option('--target <column>', 'the column to predict'),
    option('--test <file>', 'labelled file to score the final model on; nothing else sees it'),
    option('--name <name>', 'name of the experiment (default: from the data)'),
    option('--output <folder>', 'where everything is written (default: ./glasspilot-<name>)'),
    option(
      '--problem-type <type>',
      'BinaryClassification, MulticlassClassification or Regression (default: found from the target)',
    ),
    option('--objective <metric>', 'metric to optimise (default: F1, Accuracy or MSE by problem type)'),
    new Option('--mode <mode>', 'hpo: best single pipeline; ensemble: best weighted ensemble; auto chooses')
      .choices(['auto', 'hpo', 'ensemble'])
      .default('auto'),
    option('--max-candidates <n>', 'most trials to run').argParser(wholeNumber(1)).default(250),
    option(
      '--budget <time>',
      'wall time for everything, e.g. 90s, 10m, 1h (default: until all trials are done)',
    ).argParser(parseDuration),
    option('--seed <n>', 'same seed, data and trials: same leaderboard').argParser(wholeNumber(0)).default(0),
    option('--workers <n>', 'trials at once (default: one per core)').argParser(wholeNumber(1)),
    option('--backend <name>', 'where trials run').default('local'),
    option('--definitions-only', 'profile, candidates and notebooks; train nothing'),
    option('--group <column>', 'rows with equal values stay on one side of every split'),
    option('--time <column>', 'validate on later rows than trained on'),
    option('--weight <column>', 'weights of rows, numbers ≥ 0'),
    option('--features <file>', 'feature specification (JSON): which columns to use, and their types'),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run(input, output) {
    const { spec, folder, note } = await specFrom(input)
    if (note && !input.options['quiet']) output.note(`note: ${note}`)
    const store = createStore(folder, spec, VERSION)
    return watchJob(store, input.options, output)
  },
}

async function specFrom({
  args,
  options,
}: CommandInput): Promise<{ spec: ExperimentSpec; folder: string; note?: string }> {
  const text = (name: string) => options[name] as string | undefined
  const problemType = text('problemType')
  const task = problemType === undefined ? undefined : parseProblemType(problemType)
  const objective = text('objective')
  const metric = objective === undefined ? undefined : parseMetricName(objective, task)
  const given = text('name') === undefined ? undefined : parseExperimentName(text('name')!)
  const found = await resolveDataset(args[0]!, { keep: true })
  const target = text('target') ?? found.target
  if (target === undefined) {
    throw new InputError(
      'E_NO_TARGET',
      `no target column was named for ${args[0]}: expected --target COLUMN, the column to predict; see the columns with "glasspilot profile ${args[0]}"`,
      { exit: 'usage' },
    )
  }
  const test = text('test') ?? found.test
  if (test !== undefined && !existsSync(test)) {
    throw new InputError(
      'E_NO_SUCH_FILE',
      `--test file ${test} does not exist: expected a CSV file with the same columns; check the path`,
      { exit: 'noInput' },
    )
  }
  const name = given ?? nameFrom(found.name)
  const features = text('features')
  const spec: ExperimentSpec = {
    name,
    data: resolve(found.train),
    ...(test !== undefined && { test: resolve(test) }),
    target,
    ...(task && { task }),
    ...(metric && { objective: metric }),
    mode: options['mode'] as Mode,
    maxCandidates: options['maxCandidates'] as number,
    ...(options['budget'] !== undefined && { budgetSeconds: options['budget'] as number }),
    seed: options['seed'] as number,
    workers: (options['workers'] as number | undefined) ?? defaultWorkers(),
    backend: options['backend'] as string,
    definitionsOnly: options['definitionsOnly'] === true,
    ...(text('group') !== undefined && { group: text('group')! }),
    ...(text('time') !== undefined && { time: text('time')! }),
    ...(text('weight') !== undefined && { weight: text('weight')! }),
    ...(features !== undefined && { features: readFeatureSpecification(features, target) }),
  }
  return {
    spec,
    folder: text('output') ?? freeFolder(`glasspilot-${name}`),
    ...(found.note !== undefined && { note: found.note }),
  }
}

/** The name itself, or with the first free number behind it. */
function freeFolder(name: string): string {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? name : `${name}-${n}`
    if (!existsSync(folder)) return folder
  }
}

import { resolve } from 'node:path'
import process from 'node:process'
import { Option } from 'commander'
import { backendNamed } from '../backends/index.ts'
import { readFeatureSpecification } from '../job/features.ts'
import { startExperiment, startReplay, type ExperimentRequest } from '../job/start.ts'
import { InputError } from '../util/errors.ts'
import { CUSTOM, isModulePath, parseMetricName } from '../metrics/index.ts'
import { chooseDevice, DEVICE_VARIABLE, DEVICES, type DeviceName } from '../onnx/device.ts'
import {
  choiceOptions,
  jsonOption,
  option,
  parseDuration,
  parseMemory,
  wholeNumber,
  type CommandDefinition,
  type CommandInput,
} from './command.ts'
import { samplers } from '../tune/samplers/index.ts'
import { chooseEngine, ENGINE_VARIABLE, ENGINES, type EngineName } from '../neural/engine.ts'
import { parseImageShape } from '../profile/image.ts'
import { cloudFrom, cloudOptions, showCalls } from './cloud-options.ts'
import { parseExperimentName, parseProblemType } from './names.ts'
import type { Output } from './output.ts'
import { watchJob } from './watch.ts'

export const runCommand: CommandDefinition = {
  usage: 'run [data...]',
  summary:
    'Train: a CSV or Parquet file (or several, a folder, a dataset name) and a target column in; leaderboard, notebooks and model out',
  examples: [
    'glasspilot run mnist --budget 3m',
    'glasspilot run churn.csv --target Churn --budget 10m',
    'glasspilot run houses.csv --target price --test houses_test.csv --objective RMSE',
    'glasspilot run 2023.csv 2024.parquet --target Churn   # several files with one header',
    'glasspilot run churn.csv --target Churn --definitions-only   # plan and notebooks, no training',
    'glasspilot run --replay glasspilot-churn   # the same trials again, also where a budget cut them short',
  ],
  options: [
    option('--target <column>', 'the column to predict'),
    option('--validation <file>', 'labelled file to score trials on (default: rows are set aside)'),
    option(
      '--validation-fraction <share>',
      'share of the rows, such as 0.2, to score trials on, in place of folds',
    ).argParser(Number),
    option('--test <file>', 'labelled file to score the final model on; nothing else sees it'),
    option('--name <name>', 'name of the experiment (default: from the data)'),
    option('--output <folder>', 'where everything is written (default: ./glasspilot-<name>)'),
    option(
      '--problem-type <type>',
      'BinaryClassification, MulticlassClassification or Regression (default: found from the target)',
    ),
    option(
      '--objective <metric>',
      'metric to optimise, or the path of a module that exports a score of your own (default: F1, Accuracy or MSE by problem type)',
    ),
    new Option('--mode <mode>', 'hpo: best single pipeline; ensemble: best weighted ensemble; auto chooses')
      .choices(['auto', 'hpo', 'ensemble'])
      .default('auto'),
    new Option(
      '--strategy <name>',
      'bayesian: every trial is whole; multi-fidelity: trials begin with a share of the rows, the best go on with more; auto: as the budget asks',
    )
      .choices(['auto', 'bayesian', 'multi-fidelity'])
      .default('auto'),
    new Option(
      '--fidelity <resource>',
      'what trials of multi-fidelity begin with a share of: rows, or steps (rounds, epochs and trees)',
    )
      .choices(['rows', 'steps'])
      .default('rows'),
    new Option(
      '--sampler <name>',
      'what proposes parameters; auto: TPE, local steps and Sobol points take turns',
    )
      .choices(['auto', ...Object.keys(samplers)])
      .default('auto'),
    option('--max-candidates <n>', 'most trials to run').argParser(wholeNumber(1)).default(250),
    option(
      '--budget <time>',
      'wall time for everything, e.g. 90s, 10m, 1h (default: until all trials are done)',
    ).argParser(parseDuration),
    option(
      '--trial-time <time>',
      'most time one trial may take: it ends with what it has, e.g. 2m',
    ).argParser(parseDuration),
    option('--seed <n>', 'same seed, data and trials: same leaderboard').argParser(wholeNumber(0)).default(0),
    option('--no-racing', 'fit every trial on all folds, also one that is losing beyond doubt'),
    option('--no-stacking', 'no trial may learn from the answers of others'),
    option('--workers <n>', 'trials at once (default: one per core)').argParser(wholeNumber(1)),
    option(
      '--trial-memory <size>',
      'most memory one trial may use, e.g. 2g (default: its share of what is free)',
    ).argParser(parseMemory),
    new Option('--device <name>', 'where nets are trained; auto takes a graphics processor that works')
      .choices([...DEVICES])
      .default('cpu'),
    new Option('--nn-engine <name>', 'what trains nets: onnxruntime, or TensorFlow.js where it is installed')
      .choices([...ENGINES])
      .default('onnxruntime'),
    option(
      '--backend <name>',
      'where trials run: local, sagemaker (as an AutoML job), or sagemaker-training (as training jobs of their own)',
    ).default('local'),
    ...cloudOptions(),
    option('--definitions-only', 'profile, candidates and notebooks; train nothing'),
    option('--group <column>', 'rows with equal values stay on one side of every split'),
    option('--time <column>', 'validate on later rows than trained on'),
    option('--weight <column>', 'weights of rows, numbers ≥ 0'),
    option('--strict', 'exit with status 2 when no model is better than a constant answer'),
    option('--features <file>', 'feature specification (JSON): which columns to use, and their types'),
    option(
      '--candidates <folder>',
      'plan of one file per candidate, as "glasspilot plan" writes and people edit it',
    ),
    option(
      '--replay <experiment>',
      'repeat what an experiment did, trial by trial, and compare leaderboard and model byte by byte',
    ),
    ...choiceOptions(),
    jsonOption(),
    option('--quiet', 'no progress'),
  ],
  async run(input, output) {
    if (input.options['replay'] !== undefined) return replayExperiment(input, output)
    requireData(input)
    const request = requestFrom(input)
    if (input.options['dryRun']) return showCalls(request, input.options, output)
    const chosen = await chooseDevice(input.options['device'] as DeviceName)
    process.env[DEVICE_VARIABLE] = chosen.device
    if (chosen.note) output.note(`note: ${chosen.note}`)
    const trained = await chooseEngine(input.options['nnEngine'] as EngineName)
    process.env[ENGINE_VARIABLE] = trained.engine
    if (trained.note) output.note(`note: ${trained.note}`)
    const { store, note } = await startExperiment(request)
    if (note && !input.options['quiet']) output.note(`note: ${note}`)
    return watchJob(store, input.options, output)
  },
}

/** Options that may stand beside --replay: none of them decides what is trained. */
const BESIDE_REPLAY = ['replay', 'output', 'workers', 'trialMemory', 'strict', 'json', 'quiet']

async function replayExperiment({ args, options, given }: CommandInput, output: Output): Promise<number> {
  const other = given.find(name => !BESIDE_REPLAY.includes(name))
  if (other !== undefined) {
    throw new InputError(
      'E_USAGE',
      `--${other.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} cannot stand beside --replay, which takes all that decides from the experiment it repeats: expected at most --output, --workers and --trial-memory; leave it out`,
      { exit: 'usage' },
    )
  }
  const { replay, output: folder, workers, trialMemory } = options as Record<string, string | number>
  const store = await startReplay({
    replay: String(replay),
    ...(args.length > 0 && { data: args }),
    ...(folder !== undefined && { output: String(folder) }),
    ...(workers !== undefined && { workers: Number(workers) }),
    ...(trialMemory !== undefined && { trialMemory: Number(trialMemory) }),
  })
  return watchJob(store, options, output)
}

function requireData({ args }: CommandInput): void {
  if (args.length > 0) return
  throw new InputError(
    'E_USAGE',
    `no data was named: expected a CSV or Parquet file, a folder of them or the name of a dataset; see "glasspilot run --help"`,
    { exit: 'usage' },
  )
}

/** Checks what was typed before anything is read. */
function requestFrom({ args, options }: CommandInput): ExperimentRequest {
  const text = (name: string) => options[name] as string | undefined
  const target = text('target')
  const type = text('problemType')
  const task = type === undefined ? undefined : parseProblemType(type)
  const asked = text('objective')
  const metricModule = asked !== undefined && isModulePath(asked) ? resolve(asked) : undefined
  const name = text('name')
  const features = text('features')
  const candidates = text('candidates')
  const request: Partial<Record<keyof ExperimentRequest, unknown>> = {
    data: args.length === 1 ? args[0]! : args,
    output: text('output'),
    target,
    validation: text('validation'),
    validationFraction: options['validationFraction'],
    test: text('test'),
    name: name === undefined ? undefined : parseExperimentName(name),
    task,
    objective:
      metricModule !== undefined ? CUSTOM : asked === undefined ? undefined : parseMetricName(asked, task),
    metricModule,
    mode: options['mode'],
    strategy: options['strategy'] === 'auto' ? undefined : options['strategy'],
    fidelity: options['fidelity'] === 'rows' ? undefined : options['fidelity'],
    sampler: options['sampler'] === 'auto' ? undefined : options['sampler'],
    maxCandidates: options['maxCandidates'],
    budgetSeconds: options['budget'],
    trialSeconds: options['trialTime'],
    seed: options['seed'],
    racing: options['racing'] === false ? false : undefined,
    stacking: options['stacking'] === false ? false : undefined,
    workers: options['workers'],
    trialMemory: options['trialMemory'],
    backend: backendNamed(String(options['backend'])).name,
    cloud: cloudFrom(options),
    definitionsOnly: options['definitionsOnly'] === true,
    group: text('group'),
    time: text('time'),
    weight: text('weight'),
    image: pictureShape(text('image')),
    candidates: candidates === undefined ? undefined : resolve(candidates),
    dropLeaks: options['dropLeaks'],
    normaliseLabels: options['normaliseLabels'],
    features: features === undefined ? undefined : readFeatureSpecification(features, target),
  }
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  ) as unknown as ExperimentRequest
}

/** The shape as it was typed, once it is known to be one. */
function pictureShape(text: string | undefined): string | undefined {
  if (text !== undefined) parseImageShape(text)
  return text
}

import process from 'node:process'
import { cloudClean, cloudStatus, type CloudItem } from '../backends/sagemaker/clean.ts'
import { placeFrom } from '../backends/sagemaker/client.ts'
import {
  ANSWER_KEYS,
  DEPLOY_DEFAULTS,
  deployBest,
  fetchCaptured,
  planDeployment,
} from '../backends/sagemaker/deploy.ts'
import { endpointOf, invokeFile, planInvocations } from '../backends/sagemaker/invoke.ts'
import type { PlannedCall } from '../backends/sagemaker/calls.ts'
import { readExperiment } from '../experiment/store.ts'
import { InvalidArgumentError } from 'commander'
import { InputError } from '../util/errors.ts'
import { openFileAtomic } from '../util/files.ts'
import { jsonOption, option, wholeNumber, type CommandDefinition, type CommandInput } from './command.ts'
import type { Output } from './output.ts'
import { table } from './table.ts'

type Action = (input: CommandInput, output: Output) => Promise<void>

const ACTIONS: Readonly<Record<string, Action>> = {
  status: (input, output) => list(input, output, cloudStatus),
  clean: (input, output) => list(input, output, cloudClean),
  deploy,
  invoke,
  captured,
}

export const cloudCommand: CommandDefinition = {
  usage: 'cloud <action> [experiment] [file]',
  summary:
    'Of an experiment on SageMaker: deploy its best candidate as an endpoint; invoke it with the rows of a file; captured: fetch the questions and answers it kept; status of all that it has made there; clean: stop and delete that, and nothing else',
  examples: [
    'glasspilot cloud deploy glasspilot-churn --keys predicted_label,probability',
    'glasspilot cloud invoke glasspilot-churn new.csv --output answers.csv',
    'glasspilot cloud invoke --endpoint churn new.csv',
    'glasspilot cloud deploy glasspilot-churn --capture 100',
    'glasspilot cloud captured glasspilot-churn --output captured',
    'glasspilot cloud status glasspilot-churn',
    'glasspilot cloud clean glasspilot-churn',
  ],
  options: [
    option('--name <name>', 'deploy: of endpoint, configuration and model (default: that of the job)'),
    option('--instance-type <type>', 'deploy: on which machines').default(DEPLOY_DEFAULTS.instanceType),
    option('--instances <n>', 'deploy: how many of them')
      .argParser(wholeNumber(1))
      .default(DEPLOY_DEFAULTS.instances),
    option('--keys <list>', `deploy: what an answer holds, of ${ANSWER_KEYS.join(', ')}`).argParser(keys),
    option(
      '--capture <percent>',
      'deploy: keep so many of the questions and answers in files, for monitor',
    ).argParser(percent),
    option('--endpoint <name>', 'invoke: this one; without an experiment, all cells of the file are sent'),
    option('--region <name>', 'invoke without an experiment: region of AWS (default: AWS_REGION)'),
    option(
      '--output <place>',
      'invoke: CSV to write (default: stdout); captured: folder (default: captured)',
    ),
    option('--dry-run', 'deploy, invoke: print every call that would be made, and make none'),
    jsonOption(),
  ],
  async run(input, output) {
    const [action = ''] = input.args
    if (Object.hasOwn(ACTIONS, action)) return ACTIONS[action]!(input, output)
    throw usage(
      'E_UNKNOWN_ACTION',
      `cloud ${action} is not known: expected ${Object.keys(ACTIONS).join(', ')}; see "glasspilot cloud --help"`,
    )
  },
}

const usage = (code: string, message: string) => new InputError(code, message, { exit: 'usage' })

function keys(text: string): readonly string[] {
  const found = text.split(',').map(key => key.trim())
  if (found.every(key => ANSWER_KEYS.includes(key))) return found
  throw new InvalidArgumentError(`Expected some of ${ANSWER_KEYS.join(', ')}, with commas between.`)
}

function percent(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 100) return value
  throw new InvalidArgumentError('Expected a whole number from 0 to 100.')
}

function experimentOf({ args }: CommandInput): string {
  if (args[1] !== undefined) return args[1]
  throw usage(
    'E_NO_EXPERIMENT',
    `cloud ${args[0]} was given no experiment: expected its folder; see "glasspilot cloud --help"`,
  )
}

async function list(
  input: CommandInput,
  { print, columns }: Output,
  find: (folder: string) => Promise<CloudItem[]>,
): Promise<void> {
  const items = await find(readExperiment(experimentOf(input)).paths.folder)
  if (input.options['json']) return print(JSON.stringify(items))
  if (items.length === 0) return print('nothing is left in the cloud that this experiment made')
  const rows = items.map(({ kind, name, state }) => [kind, name, state])
  print(table(['what', 'name', 'state'], rows, columns, 'lll'))
}

const showCalls = (calls: readonly PlannedCall[], { print }: Output): void => {
  for (const call of calls) print(JSON.stringify(call))
}

async function deploy(input: CommandInput, output: Output): Promise<void> {
  const { options } = input
  const experiment = experimentOf(input)
  const name = options['name'] as string | undefined
  const wanted = options['keys'] as unknown as readonly string[] | undefined
  const asked = {
    instanceType: options['instanceType'] as string,
    instances: options['instances'] as number,
    ...(name !== undefined && { name }),
    ...(wanted && { keys: wanted }),
    ...(options['capture'] !== undefined && { capturePercent: options['capture'] as number }),
  }
  if (options['dryRun']) return showCalls(planDeployment(experiment, asked), output)
  const deployed = await deployBest(experiment, asked, output.note)
  if (options['json']) return output.print(JSON.stringify(deployed))
  output.print(`${deployed.candidate} answers at endpoint ${deployed.endpoint} in ${deployed.region}`)
  output.print(
    `${asked.instances} × ${asked.instanceType}, paid for by the hour until "glasspilot cloud clean"`,
  )
  output.print(`Next: glasspilot cloud invoke ${experiment} NEW.csv`)
}

async function captured(input: CommandInput, { print }: Output): Promise<void> {
  const experiment = experimentOf(input)
  const folder = (input.options['output'] as string | undefined) ?? 'captured'
  const files = await fetchCaptured(experiment, folder)
  if (input.options['json']) return print(JSON.stringify({ folder, files }))
  print(`${files} file${files === 1 ? '' : 's'} of questions and answers are in ${folder}`)
  if (files > 0) print(`Next: glasspilot monitor ${experiment} ${folder}`)
}

async function invoke({ args, options }: CommandInput, output: Output): Promise<void> {
  const name = options['endpoint'] as string | undefined
  // One argument is a file where the endpoint is named.
  const [experiment, file] = args.length === 2 && name !== undefined ? [undefined, args[1]] : args.slice(1)
  if (file === undefined) {
    throw usage(
      'E_NO_FILE',
      'cloud invoke was given no file: expected an experiment, or --endpoint NAME, and a file with rows; see "glasspilot cloud --help"',
    )
  }
  const { region } = placeFrom(options['region'] as string | undefined)
  const endpoint = experiment === undefined ? { name: name!, region } : await endpointOf(experiment, name)
  if (options['dryRun']) return showCalls(await planInvocations(endpoint, file), output)
  const path = options['output'] as string | undefined
  if (path === undefined) {
    for await (const answer of invokeFile(endpoint, file)) process.stdout.write(answer)
    return
  }
  const target = openFileAtomic(path)
  try {
    for await (const answer of invokeFile(endpoint, file)) target.write(answer)
    target.commit()
  } catch (error) {
    target.discard()
    throw error
  }
}

// Trains as SageMaker asks of a container: reads /opt/ml/input, writes the model to /opt/ml/model and everything else
// to /opt/ml/output/data; a failure is one sentence in /opt/ml/output/failure. README.md says what can be set. With a
// channel "trial" it runs that one trial of an experiment elsewhere, and the model is what the trial left.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BASE = process.env.SAGEMAKER_BASE_DIR ?? '/opt/ml'
const at = (...parts) => join(BASE, ...parts)

/** Hyperparameters, and the option of "glasspilot run" that each is. */
const OPTIONS = {
  target: '--target',
  objective: '--objective',
  mode: '--mode',
  max_candidates: '--max-candidates',
  budget: '--budget',
  seed: '--seed',
  weight: '--weight',
  group: '--group',
  time: '--time',
}
const MAX_FAILURE = 1024
/** Status of a run that was asked to stop; `resume` makes the model of the trials that ended. */
const STOPPED = 143

class Failure extends Error {}

function configuration(name, otherwise) {
  const path = at('input', 'config', name)
  if (!existsSync(path)) return otherwise
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Failure(`${path} is not JSON (${error.message}): expected what SageMaker writes`)
  }
}

/** Options from hyperparameters. All of them are texts; some clients quote them once more. */
function optionsFrom(given) {
  const options = usualTarget()
  for (const [name, text] of Object.entries(given)) {
    if (name.startsWith('sagemaker_') || name.startsWith('_')) continue
    if (!Object.hasOwn(OPTIONS, name))
      throw new Failure(
        `hyperparameter ${JSON.stringify(name)} is not known: expected ${Object.keys(OPTIONS).join(', ')}; take it out`,
      )
    const quoted = /^".*"$/s.test(String(text))
    options[name] = quoted ? JSON.parse(String(text)) : String(text)
  }
  return Object.entries(options).map(([name, value]) => `${OPTIONS[name]}=${value}`)
}

/** Files of a channel; undefined when there is none. */
function channel(...names) {
  for (const name of names) {
    const folder = at('input', 'data', name)
    if (!existsSync(folder)) continue
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
      .map(entry => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
    if (files.length > 0) return files
  }
  return undefined
}

function program(name) {
  try {
    const main = fileURLToPath(new URL(name, import.meta.resolve('glasspilot')))
    if (existsSync(main)) return main
  } catch {
    // Said below.
  }
  throw new Failure(
    'the image holds no Glasspilot: expected glasspilot-VERSION.tgz beside the Dockerfile when it was built; make it with "npm pack", put it there and build anew',
  )
}

/** Runs the command line; a request to stop goes on to it. Resolves to its status and what it said last. */
const run = args => execute(program('cli/main.js'), args)

function execute(main, args) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    process.stderr.write(chunk)
    said = (said + chunk).slice(-4000)
  })
  const stop = () => child.kill('SIGTERM')
  process.on('SIGTERM', stop)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      process.off('SIGTERM', stop)
      resolve({ code, said })
    })
  })
}

/** One trial of an experiment that runs elsewhere. */
async function runTrial() {
  const { code, said } = await execute(program('backends/sagemaker-training/main.js'), [BASE])
  if (code !== 0) throw new Failure(said.trim() || `the trial ended with status ${code}`)
}

/** What is predicted where no hyperparameter says it: what the model of the image does. */
function usualTarget() {
  const path = join(import.meta.dirname, 'model.json')
  return existsSync(path) ? { target: JSON.parse(readFileSync(path, 'utf8')).task.target } : {}
}

async function train() {
  const hosts = configuration('resourceconfig.json', {}).hosts ?? []
  if (hosts.length > 1)
    throw new Failure(`the job has ${hosts.length} instances: expected one, all trials of an experiment share it`)
  if (channel('trial')) return runTrial()
  const options = optionsFrom(configuration('hyperparameters.json', {}))
  const table = channel('train', 'training')
  if (!table)
    throw new Failure(
      `${at('input', 'data')} has no file in a channel "train" or "training": expected a table with a header; name a channel so`,
    )
  const test = channel('validation', 'test')
  if (test && test.length > 1)
    throw new Failure(`the validation channel has ${test.length} files: expected one; join them`)
  const work = mkdtempSync(join(tmpdir(), 'train-'))
  const experiment = join(work, 'experiment')
  try {
    const held = test ? [`--test=${test[0]}`] : []
    const { code, said } = await run(['run', ...table, ...options, ...held, `--output=${experiment}`, '--quiet'])
    const ended = code === STOPPED ? await run(['resume', experiment, '--max-candidates=1', '--quiet']) : { code, said }
    if (ended.code !== 0) throw new Failure(ended.said.trim() || `training ended with status ${ended.code}`)
    keep(experiment)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The model for SageMaker to pack; leaderboard, notebooks and report data beside it. A line for each metric. */
function keep(experiment) {
  mkdirSync(at('model'), { recursive: true })
  for (const name of ['model.onnx', 'model.json']) cpSync(join(experiment, 'model', name), at('model', name))
  mkdirSync(at('output', 'data'), { recursive: true })
  for (const name of ['leaderboard.csv', 'profile.json', 'candidates.json', 'evaluation.json', 'notebooks'])
    if (existsSync(join(experiment, name)))
      cpSync(join(experiment, name), at('output', 'data', name), { recursive: true })
  const { metrics } = JSON.parse(readFileSync(at('model', 'model.json'), 'utf8'))
  for (const [name, value] of Object.entries(metrics)) console.log(`validation:${name}=${value};`)
}

try {
  await train()
} catch (error) {
  const sentence = error instanceof Failure ? error.message : `internal error: ${error.stack ?? error}`
  console.error(sentence)
  mkdirSync(at('output'), { recursive: true })
  writeFileSync(at('output', 'failure'), sentence.slice(0, MAX_FAILURE))
  process.exitCode = 1
}

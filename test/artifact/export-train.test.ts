import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder, writeTable, type Finished } from '../helpers/cli.ts'
import { exported, trained } from './packages.ts'

const folder = temporaryFolder()
const at = (...parts: string[]) => join(folder, ...parts)

/** A made-up /opt/ml. */
function tree(name: string, hyperparameters: object, more: Readonly<Record<string, object>> = {}): string {
  const base = at(name)
  for (const part of ['input/config', 'input/data/train', 'input/data/validation', 'model', 'output'])
    mkdirSync(join(base, part), { recursive: true })
  for (const [file, value] of Object.entries({ hyperparameters, ...more }))
    writeFileSync(join(base, 'input/config', `${file}.json`), JSON.stringify(value))
  return base
}

async function container(
  what: string,
  base: string,
  image = 'docker',
  watch: (kill: () => void) => () => void = () => () => {},
): Promise<Finished> {
  const child = spawn(process.execPath, [at(image, 'main.mjs'), what], {
    env: { ...process.env, SAGEMAKER_BASE_DIR: base, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const unwatch = watch(() => child.kill('SIGTERM'))
  const [code] = (await once(child, 'close')) as [number | null]
  unwatch()
  return { code, stdout, stderr }
}

const failure = (base: string) => readFileSync(join(base, 'output/failure'), 'utf8')

describe('training in the container', () => {
  beforeAll(async () => {
    writeTable(at('table.csv'), 'binary', 300)
    await trained(folder, 'table.csv', 1)
    await exported(folder, 'docker')
    symlinkSync(resolve(import.meta.dirname, '../..'), at('docker/node_modules/glasspilot'))
  })

  it('learns from the files of a channel and leaves a model that the same container serves', async () => {
    const hyperparameters = { target: '"y"', max_candidates: '2', seed: '7', objective: 'AUC', sagemaker_region: 'x' } // prettier-ignore
    const base = tree('ml', hyperparameters, {
      resourceconfig: { current_host: 'algo-1', hosts: ['algo-1'] },
    })
    writeTable(join(base, 'input/data/train/a.csv'), 'binary', 300, 3)
    writeTable(join(base, 'input/data/train/b.csv'), 'binary', 300, 4)
    writeTable(join(base, 'input/data/validation/v.csv'), 'binary', 100, 5)
    const { code, stdout, stderr } = await container('train', base)
    expect([code, existsSync(join(base, 'output/failure'))], stderr).toEqual([0, false])
    const info = JSON.parse(readFileSync(join(base, 'model/model.json'), 'utf8')) as {
      metrics: { AUC: number }
      provenance: { objective: { name: string } }
    }
    expect(info.provenance.objective.name).toBe('AUC')
    expect(/^validation:AUC=(.*?);$/m.exec(stdout)![1]).toBe(String(info.metrics.AUC))
    expect(info.metrics.AUC).toBeGreaterThan(0.7)
    for (const name of ['leaderboard.csv', 'evaluation.json', 'notebooks'])
      expect([name, existsSync(join(base, 'output/data', name))]).toEqual([name, true])
    const server = spawn(process.execPath, [at('docker/serve.mjs'), 'serve'], {
      env: { ...process.env, SAGEMAKER_BASE_DIR: base, SAGEMAKER_BIND_TO_PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [line] = (await once(server.stderr, 'data')) as [Buffer]
    const answer = await fetch(`http://127.0.0.1:${/port (\d+)/.exec(line.toString())![1]}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: '40,red,30000,2021-01-01\n',
    })
    expect(await answer.text()).toMatch(/^(yes|no),/)
    server.kill('SIGKILL')
  })

  it('leaves the model of the trials that ended when the job is stopped', async () => {
    const base = tree('stopped', { max_candidates: '200', mode: 'hpo' })
    writeTable(join(base, 'input/data/train/a.csv'), 'binary', 600, 3)
    const before = new Set(readdirSync(folder))
    const trialsThere = () =>
      readdirSync(folder)
        .filter(name => name.startsWith('train-') && !before.has(name))
        .map(name => at(name, 'experiment/leaderboard.csv'))
        .some(path => existsSync(path) && readFileSync(path, 'utf8').split('\n').length > 6)
    const { code, stdout, stderr } = await container('train', base, 'docker', kill => {
      const timer = setInterval(() => {
        if (!trialsThere()) return
        clearInterval(timer)
        kill()
      }, 50)
      return () => clearInterval(timer)
    })
    expect([code, existsSync(join(base, 'model/model.onnx'))], stderr).toEqual([0, true])
    expect(stdout).toMatch(/^validation:F1=/m)
    const board = readFileSync(join(base, 'output/data/leaderboard.csv'), 'utf8').trimEnd().split('\n')
    expect(board.length).toBeLessThan(100)
  })

  it.each([
    ['a hyperparameter that is not known', { depth: '3' }, {}, '"depth" is not known: expected target'],
    ['no table', {}, {}, 'has no file in a channel "train"'],
    ['two instances', {}, { resourceconfig: { hosts: ['a', 'b'] } }, 'has 2 instances: expected one'],
  ] as const)('says in one sentence why it fails: %s', async (name, hyperparameters, more, says) => {
    const base = tree(name, hyperparameters, more)
    expect((await container('train', base)).code).toBe(1)
    expect(failure(base)).toContain(says)
    expect(existsSync(join(base, 'model/model.onnx'))).toBe(false)
  })

  it('hands on what Glasspilot says of a table that it cannot use', async () => {
    const base = tree('wrong', { target: 'nothing' })
    writeTable(join(base, 'input/data/train/a.csv'), 'binary', 50)
    expect((await container('train', base)).code).toBe(1)
    expect(failure(base)).toContain('E_TARGET_NOT_FOUND')
  })

  it('an image without Glasspilot serves, and says what training lacks', async () => {
    mkdirSync(at('bare'))
    for (const name of ['main.mjs', 'train.mjs', 'model.json'])
      writeFileSync(at('bare', name), readFileSync(at('docker', name)))
    const base = tree('bare-ml', {})
    writeTable(join(base, 'input/data/train/a.csv'), 'binary', 50)
    expect((await container('train', base, 'bare')).code).toBe(1)
    expect(failure(base)).toContain('the image holds no Glasspilot')
  })
})

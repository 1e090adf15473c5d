import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { renderNotebooks } from '../../src/notebook/index.ts'
import type { NotebookInput, NotebookLanguage } from '../../src/notebook/index.ts'
import { example } from './example.ts'
import { hasPython } from './python.ts'
import { sources } from './structure.ts'

// The cells of the candidate notebook, run from first to last against a command that answers as glasspilot does.
const ROOT = resolve(import.meta.dirname, '../..')
let folder: string
let input: NotebookInput

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glasspilot-run-'))
  mkdirSync(join(folder, 'notebooks'))
  writeFileSync(join(folder, 'experiment.json'), '{}')
  writeFileSync(join(folder, 'test.csv'), 'age,left\n')
  input = example()
  input = { ...input, spec: { ...input.spec, test: join(folder, 'test.csv') } }
  writePlan(input.candidates)
})
afterEach(() => rmSync(folder, { recursive: true }))

const writePlan = (candidates: readonly Candidate[]) =>
  writeFileSync(join(folder, 'candidates.json'), JSON.stringify({ formatVersion: 1, candidates }))
const readPlan = () =>
  JSON.parse(readFileSync(join(folder, 'candidates.json'), 'utf8')) as {
    formatVersion: number
    candidates: Candidate[]
  }
const asked = () =>
  readFileSync(join(folder, 'notes'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as string[])

function run(language: NotebookLanguage, change: (code: string) => string = code => code) {
  const code = change(sources(renderNotebooks(input, { language })[1]!.json, 'code').join('\n'))
  const env = {
    ...process.env,
    GLASSPILOT_COMMAND: `${process.execPath} ${join(import.meta.dirname, 'stub-glasspilot.mjs')} ${join(folder, 'notes')}`,
    PYTHONIOENCODING: 'utf-8',
    GLASSPILOT_SAGEMAKER_ROLE: undefined,
    GLASSPILOT_SAGEMAKER_S3: undefined,
  }
  const at = { cwd: join(folder, 'notebooks'), env, encoding: 'utf8' as const }
  if (language === 'python') {
    writeFileSync(join(folder, 'cells.py'), code)
    return spawnSync(process.env.GLASSPILOT_PYTHON ?? 'python3', [join(folder, 'cells.py')], at)
  }
  writeFileSync(join(folder, 'cells.mts'), code)
  spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [
    '--ignoreConfig',
    '--noCheck',
    '--target',
    'ES2023',
    '--module',
    'ESNext',
    join(folder, 'cells.mts'),
  ])
  return spawnSync(process.execPath, [join(folder, 'cells.mjs')], at)
}

describe.each(['python', 'typescript'] as const)('the candidate notebook in %s', language => {
  const possible = language === 'typescript' || hasPython()

  it.skipIf(!possible)('runs from top to bottom (Python needs python3 or GLASSPILOT_PYTHON)', () => {
    const { stdout, stderr, status } = run(language)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('the definitions are as they were')
    expect(stdout).toMatch(
      /^rank +candidate +trial +algorithm +score +std +fitSeconds\n0 +dpp0 +0 +trees +0\.9 /m,
    )
    expect(stdout).toMatch(/^2 +dpp2 +FAILED +no rows$/m)
    expect(stdout).toContain('rows: 50')
    expect(asked()).toEqual([
      ['resume', folder, '--json'],
      ['leaderboard', folder, '--json'],
      ['evaluate', folder, join(folder, 'test.csv'), '--json'],
      ['explain', folder, '--quiet', '--json'],
      ['explain', folder, '--row', '4'],
      ['export', folder, '--format', 'onnx', '--output', join(folder, 'export/onnx')],
      ['predict', folder, join(folder, 'test.csv'), '--output', join(folder, 'predictions.csv')],
    ])
    expect(stdout).toMatch(/^age +0\.2$/m)
    expect(stdout).toMatch(/^predicted_label\nyes$/m)
  })

  it.skipIf(!possible)('leaves a plan alone that nobody edited', () => {
    const before = readFileSync(join(folder, 'candidates.json'), 'utf8')
    run(language)
    expect(readFileSync(join(folder, 'candidates.json'), 'utf8')).toBe(before)
  })

  it.skipIf(!possible)('writes an edited range into the plan and nothing else', () => {
    const { stdout } = run(language, code => code.replace('"high": 1024', '"high": 256'))
    expect(stdout).toContain('wrote')
    const [first, ...rest] = structuredClone(input.candidates) as Candidate[]
    const edited = {
      ...first!,
      space: { ...first!.space, num_round: { ...first!.space.num_round!, high: 256 } },
    }
    expect(readPlan()).toEqual({ formatVersion: 1, candidates: [edited, ...rest] })
  })

  it.skipIf(!possible)('leaves out the candidates named as left out', () => {
    run(language, code => code.replace(/LEFT_OUT(.*?) = \[\]/, 'LEFT_OUT$1 = ["dpp0-trees"]'))
    expect(readPlan().candidates.map(candidate => candidate.name)).toEqual(['dpp1-lines'])
  })

  it.skipIf(!possible)('asks by name for a candidate that is not the exported model', () => {
    run(language, code =>
      code.replace(/(chosen(?:: string)? = )finished\[0\]!?(?:\["candidate"\]|\.candidate)/, '$1"dpp1"'),
    )
    const named = asked().filter(words => words.includes('--candidate'))
    expect(named.map(words => words[0])).toEqual(['evaluate', 'explain', 'explain'])
    expect(named.every(words => words[words.indexOf('--candidate') + 1] === 'dpp1')).toBe(true)
  })

  it.skipIf(!possible)('asks nothing of a cloud unless told, and then for the same data and target', () => {
    writeFileSync(
      join(folder, 'experiment.json'),
      JSON.stringify({ spec: { data: ['a b.csv', 'c.csv'], target: 'left' } }),
    )
    expect(run(language).stdout).toContain('nothing is sent')
    expect(asked().some(([verb]) => verb === 'run')).toBe(false)
    run(language, code => code.replace(/(SAGEMAKER(?:: string)? = )(?:""|'')/, '$1"dry-run"'))
    expect(asked().find(([verb]) => verb === 'run')).toEqual([
      'run', 'a b.csv', 'c.csv', '--target', 'left', '--backend', 'sagemaker', '--role', 'arn:aws:iam::ACCOUNT:role/NAME', '--s3',
      's3://BUCKET/PREFIX', '--output', `${folder}-sagemaker`, '--dry-run',
    ]) // prettier-ignore
  })

  it.skipIf(!possible)('stops where a command fails, and names it', () => {
    const { stderr, status } = run(language, code =>
      code.replace(/ask(<.*?>)?\((["'])resume/, 'ask$1($2fail'),
    )
    expect(status).not.toBe(0)
    expect(stderr).toContain('glasspilot fail ended with status 3')
  })
})

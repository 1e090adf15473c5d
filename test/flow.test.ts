import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import { beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from './helpers/cli.ts'

interface RunJson {
  problemType: string
  objective: { name: string; direction: string }
  best: { candidate: string; score: number; holdout: number; metrics: Record<string, number> }
  candidates: number
  trials: number
  failed: number
  seconds: number
  files: Record<string, string>
}

// The whole job through the command line, as a user runs it, on a small table of each task.
describe.each([
  { task: 'binary', objective: 'AUC', least: 0.85 },
  { task: 'multiclass', objective: 'Accuracy', least: 0.65 },
  { task: 'regression', objective: 'R2', least: 0.75 },
] as const)('a $task table', ({ task, objective, least }) => {
  const folder = temporaryFolder()
  let result: RunJson

  beforeAll(async () => {
    writeTable(join(folder, 'train.csv'), task, 400, 1)
    writeTable(join(folder, 'test.csv'), task, 300, 2)
    const args = ['run', 'train.csv', '--target', 'y', '--test', 'test.csv', '--objective', objective]
    const { code, stdout, stderr } = await glasspilot(
      [...args, '--max-candidates', '8', '--output', 'out', '--json', '--quiet'],
      { cwd: folder },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    result = JSON.parse(stdout) as RunJson
  })

  it('finds the problem type, beats chance on rows nobody saw, and its own score is honest', () => {
    expect(result.problemType.toLowerCase()).toContain(task)
    expect(result.objective.name).toBe(objective)
    expect(result.failed).toBe(0)
    expect(result.best.holdout).toBeGreaterThan(least)
    expect(Math.abs(result.best.score - result.best.holdout)).toBeLessThan(0.1)
  })

  it('leaves a leaderboard with every metric, candidates, a profile, notebooks and a model', () => {
    for (const path of Object.values(result.files)) expect(existsSync(path)).toBe(true)
    const board = Papa.parse<Record<string, string>>(
      readFileSync(join(folder, 'out/leaderboard.csv'), 'utf8'),
      { header: true, skipEmptyLines: true },
    ).data
    expect(board.length).toBeGreaterThanOrEqual(8)
    for (const row of board) expect(Number.isFinite(Number(row[objective]))).toBe(true)
    expect(
      readdirSync(join(folder, 'out/notebooks')).filter(name => name.endsWith('.ipynb')).length,
    ).toBeGreaterThanOrEqual(2)
  })

  it('predicts in input order with columns reordered, target present or absent, unseen and missing values', async () => {
    const rows = Papa.parse<Record<string, string>>(readFileSync(join(folder, 'test.csv'), 'utf8'), {
      header: true,
      skipEmptyLines: true,
    }).data.slice(0, 50)
    const odd = rows.map((row, i) => ({
      y: row['y'],
      extra: 1,
      joined: i === 3 ? '' : row['joined'],
      income: row['income'],
      colour: i === 5 ? 'never seen' : row['colour'],
      age: row['age'],
    }))
    writeFileSync(join(folder, 'odd.csv'), Papa.unparse(odd))
    const plain = await glasspilot(['predict', 'out', 'test.csv', '--output', 'plain.csv'], { cwd: folder })
    const other = await glasspilot(['predict', 'out', 'odd.csv', '--output', 'odd-out.csv'], { cwd: folder })
    expect([plain.code, other.code]).toEqual([0, 0])
    const read = (name: string) =>
      Papa.parse<Record<string, string>>(readFileSync(join(folder, name), 'utf8'), {
        header: true,
        skipEmptyLines: true,
      }).data
    const [first, second] = [read('plain.csv').slice(0, 50), read('odd-out.csv')]
    expect(second).toHaveLength(50)
    expect(second.filter((_, i) => i !== 3 && i !== 5)).toEqual(first.filter((_, i) => i !== 3 && i !== 5))
    expect(Object.keys(first[0]!)[0]).toBe(task === 'regression' ? 'prediction' : 'predicted_label')
  })

  it('scores a trial natively as it scores the exported model of that trial', async () => {
    const evaluated = await glasspilot(['evaluate', 'out', 'test.csv', '--json'], { cwd: folder })
    const evaluation = JSON.parse(evaluated.stdout) as { rows: number; metrics: Record<string, number> }
    expect(evaluation.rows).toBe(300)
    expect(evaluation.metrics[objective]).toBeCloseTo(result.best.holdout, 12)
    const trial = await glasspilot(['evaluate', 'out', 'test.csv', '--json', '--candidate', '1'], {
      cwd: folder,
    })
    expect((JSON.parse(trial.stdout) as typeof evaluation).metrics[objective]).toBeTypeOf('number')
  })
})

/** Sends one signal, the first time the output says so. */
function once(when: (stderr: string) => boolean, signal: NodeJS.Signals) {
  let sent = false
  return (stderr: string, kill: (signal: NodeJS.Signals) => void) => {
    if (sent || !when(stderr)) return
    sent = true
    kill(signal)
  }
}

describe('the same experiment', () => {
  const folder = temporaryFolder()
  beforeAll(() => writeTable(join(folder, 'train.csv'), 'binary', 200))
  const run = async (output: string, workers: string) => {
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--max-candidates',
      '14',
      '--seed',
      '7',
      '--quiet',
      '--json',
    ]
    expect(
      (await glasspilot([...args, '--output', output, '--workers', workers], { cwd: folder })).code,
    ).toBe(0)
    return readFileSync(join(folder, output, 'leaderboard.csv'), 'utf8')
  }

  it('gives the same leaderboard and model bytes for one worker and two', async () => {
    expect(await run('one', '1')).toBe(await run('two', '2'))
    const model = (output: string) => readFileSync(join(folder, output, 'model/model.onnx'))
    expect(model('one').equals(model('two'))).toBe(true)
  })

  it('gives it again after a kill and a resume', async () => {
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--max-candidates',
      '14',
      '--seed',
      '7',
      '--output',
      'killed',
    ]
    const killed = await glasspilot(args, {
      cwd: folder,
      onStderr: once(text => (text.match(/trial /g) ?? []).length >= 4, 'SIGKILL'),
    })
    expect(killed.code).toBe(null)
    const resumed = await glasspilot(['resume', 'killed', '--json', '--quiet'], { cwd: folder })
    expect(resumed.code).toBe(0)
    expect(readFileSync(join(folder, 'killed/leaderboard.csv'), 'utf8')).toBe(
      readFileSync(join(folder, 'one/leaderboard.csv'), 'utf8'),
    )
  })

  it('stops in order on Ctrl-C, keeps what is finished and names the resume command', async () => {
    const args = ['run', 'train.csv', '--target', 'y', '--output', 'stopped']
    const stopped = await glasspilot(args, {
      cwd: folder,
      onStderr: once(text => (text.match(/trial /g) ?? []).length >= 3, 'SIGINT'),
    })
    expect(stopped.code).toBe(130)
    expect(stopped.stdout).toContain('glasspilot resume stopped')
    expect(stopped.stderr).not.toMatch(/\n\s+at /)
    expect(readFileSync(join(folder, 'stopped/leaderboard.csv'), 'utf8').split('\n').length).toBeGreaterThan(
      3,
    )
  })

  it('writes definitions only when asked, and trains them on resume', async () => {
    const planned = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--definitions-only', '--output', 'plan', '--json'],
      { cwd: folder },
    )
    expect(planned.code).toBe(0)
    expect(JSON.parse(planned.stdout)).not.toHaveProperty('best')
    expect(existsSync(join(folder, 'plan/candidates.json'))).toBe(true)
    expect(existsSync(join(folder, 'plan/trials'))).toBe(false)
    const trained = await glasspilot(['resume', 'plan', '--max-candidates', '3', '--json', '--quiet'], {
      cwd: folder,
    })
    expect(JSON.parse(trained.stdout)).toHaveProperty('best')
  })
})

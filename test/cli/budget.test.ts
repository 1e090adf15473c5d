import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

const folder = temporaryFolder()
beforeAll(() => writeTable(join(folder, 'train.csv'), 'binary', 300, 1))

describe('a run with a budget', () => {
  it('ends early and says why when every trial has run, with a complete profile and the ensemble on the board', async () => {
    const args = ['run', 'train.csv', '--target', 'y', '--budget', '15m', '--max-candidates', '8']
    const { code, stdout, stderr } = await glasspilot([...args, '--output', 'out', '--json'], { cwd: folder })
    expect(code).toBe(0)
    const { ended, seconds } = JSON.parse(stdout) as { ended: string; seconds: number }
    expect(ended).toBe('every trial asked for has run')
    expect(seconds).toBeLessThan(900)
    expect(stderr).toContain(`ended early: ${ended}`)
    const profile = JSON.parse(readFileSync(join(folder, 'out/profile.json'), 'utf8')) as object
    expect(profile).not.toHaveProperty('leftOut')
    expect(profile).toHaveProperty('judged')
    const lines = readFileSync(join(folder, 'out/anytime.csv'), 'utf8').trim().split('\n')
    expect(lines[0]).toBe('seconds,trials,best,model')
    const [, trials, best, model] = lines.at(-1)!.split(',').map(Number)
    expect(trials).toBe(8)
    expect(model).toBeGreaterThanOrEqual(best!)
    const { rows } = JSON.parse(readFileSync(join(folder, 'out/leaderboard.json'), 'utf8')) as {
      rows: { candidate: string; score: number }[]
    }
    expect(rows[0]!.score).toBeCloseTo(Math.max(...rows.map(({ score }) => score)), 12)
  })
})

describe('plan', () => {
  it('says in which order pipelines are tried and how a budget is spent, and trains nothing', async () => {
    const args = ['plan', 'train.csv', '--target', 'y', '--budget', '60s', '--workers', '2']
    const text = await glasspilot(args, { cwd: folder })
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/order +pipeline +a trial takes about/)
    const { code, stdout } = await glasspilot([...args, '--json'], { cwd: folder })
    expect(code).toBe(0)
    const { candidates, schedule } = JSON.parse(stdout) as {
      candidates: { name: string }[]
      schedule: {
        portfolio: { candidate: string; seconds: number }[]
        stages: { stage: string; seconds: number }[]
      }
    }
    // Each as it stands, then what is recommended.
    const tried = schedule.portfolio.map(({ candidate }) => candidate)
    expect(tried.slice(0, candidates.length).sort()).toEqual(candidates.map(({ name }) => name).sort())
    expect(tried.length).toBeGreaterThan(candidates.length)
    expect(schedule.stages.map(({ stage }) => stage)).toEqual(['prepare', 'portfolio', 'search', 'export'])
    for (const { seconds } of schedule.stages) expect(seconds).toBeGreaterThanOrEqual(0)
  })
})

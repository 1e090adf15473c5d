import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readJournal } from '../../src/experiment/journal.ts'
import { writeTable } from '../helpers/cli.ts'
import { workplace } from './nasty.ts'

const { folder, checked } = workplace()
const at = (...parts: string[]) => join(folder, ...parts)
const edit = (file: string, from: string | RegExp, to: string) => {
  const text = readFileSync(at(file), 'utf8')
  expect(text).toMatch(from)
  writeFileSync(at(file), text.replace(from, to))
}
const records = () => readJournal(at('experiment', 'events.jsonl'))
const trials = () => records().flatMap(record => (record.type === 'trial' ? [record] : []))
const leafwise = () => `plan/${readdirSync(at('plan')).find(name => name.includes('gbt-leafwise'))!}`
const candidateName = () => leafwise().slice('plan/'.length, -'.json'.length)

describe('candidates as files', () => {
  beforeAll(async () => {
    writeTable(at('train.csv'), 'binary', 200)
    const planned = await checked(['plan', 'train.csv', '--target', 'y', '--candidates', 'plan'])
    expect(planned.stdout.trim().split('\n').length).toBe(readdirSync(at('plan')).length)
    const run = await checked(['run', 'train.csv', '--target', 'y', '--max-candidates', '13', '--candidates', 'plan', '--output', 'experiment', '--quiet']) // prettier-ignore
    expect(run.code).toBe(0)
  }, 180_000)

  it('give the very plan that would have been proposed, one short file each', async () => {
    const proposed = JSON.parse((await checked(['plan', 'train.csv', '--target', 'y', '--json'])).stdout) as { candidates: { name: string }[] } // prettier-ignore
    const taken = JSON.parse(readFileSync(at('experiment', 'candidates.json'), 'utf8')) as { candidates: unknown[] } // prettier-ignore
    expect(taken.candidates).toEqual(proposed.candidates)
    expect(readdirSync(at('plan')).sort()).toEqual(
      proposed.candidates.map(({ name }) => `${name}.json`).sort(),
    )
    for (const name of readdirSync(at('plan'))) {
      const lines = readFileSync(at('plan', name), 'utf8').split('\n')
      expect(lines.length).toBeLessThan(110)
    }
  })

  it('train again what was edited and nothing else', async () => {
    const before = trials()
    const own = before.filter(({ trial }) => trial.candidate === candidateName())
    expect(own.length).toBeGreaterThan(0)
    edit(leafwise(), /("num_iterations": \{ "type": "int", "low": \d+, "high": )\d+/, '$1300')
    const { code } = await checked(['resume', 'experiment', '--quiet'])
    expect(code).toBe(0)
    const added = trials().slice(before.length)
    expect(added.map(({ trial }) => trial.candidate)).toEqual(own.map(() => candidateName()))
    expect(added.every(({ definition }) => definition !== own[0]!.definition)).toBe(true)
    expect(added.every(({ trial }) => Number(trial.params['num_iterations']) <= 300)).toBe(true)
    const board = JSON.parse((await checked(['leaderboard', 'experiment', '--json'])).stdout) as { trial: number; candidate: string }[] // prettier-ignore
    const shown = board.filter(({ candidate }) => candidate === candidateName()).map(({ trial }) => trial)
    expect(shown.sort((a, b) => a - b)).toEqual(added.map(({ trial }) => trial.id).sort((a, b) => a - b))
  })

  it('train nothing when nothing was edited', async () => {
    const before = trials().length
    expect((await checked(['resume', 'experiment', '--quiet'])).code).toBe(0)
    expect(trials().length).toBe(before)
  })

  it('stop with the file and the line of a fault, and train nothing', async () => {
    const file = leafwise()
    const good = readFileSync(at(file), 'utf8')
    const lineOf = (part: string) => good.split('\n').findIndex(line => line.includes(part)) + 1
    const before = trials().length
    for (const [from, to, line, words] of [
      ['"num_iterations"', '"num_iteration"', lineOf('"num_iterations"'), 'did you mean "num_iterations"'],
      [/"high": 300,/, '"high": 300', lineOf('"num_iterations"'), 'is not JSON: expected'],
      [/"high": 300/, '"high": 3', lineOf('"num_iterations"'), 'low ≤ default ≤ high'],
      ['"age"', '"agee"', lineOf('"age"'), 'no feature column "agee" (did you mean "age"?)'],
      ['"algorithm": "gbt-leafwise"', '"algorithm": "gbt"', lineOf('"algorithm"'), 'is unknown'],
      [candidateName(), 'dpp0-gbt-depthwise', lineOf('"name"'), 'stands twice'],
    ] as const) {
      edit(file, from, to)
      const { code, stderr } = await checked(['resume', 'experiment', '--quiet'])
      expect(code).not.toBe(0)
      expect(stderr).toContain(`${file.replace('plan/', '')}, line ${line}: `)
      expect(stderr).toContain(words)
      writeFileSync(at(file), good)
    }
    expect(trials().length).toBe(before)
  })

  it('yield to candidates.json when only that was edited, whose faults have lines as well', async () => {
    const plan = join('experiment', 'candidates.json')
    const good = readFileSync(at(plan), 'utf8')
    edit(plan, '"algorithm": "gbt-leafwise"', '"algorithm": "gbt-leafwide"')
    const { stderr } = await checked(['resume', 'experiment', '--quiet'])
    const line = good.split('\n').findIndex(text => text.includes('"algorithm": "gbt-leafwise"')) + 1
    expect(stderr).toMatch(new RegExp(`candidates\\.json, line ${line}: .*"gbt-leafwide" is unknown`))
    writeFileSync(at(plan), good)
  })

  it('are never written over, and are asked for by name', async () => {
    const again = await checked(['plan', 'experiment', '--candidates', 'plan'])
    expect(again.stderr).toContain('E_FOLDER_EXISTS')
    const nowhere = await checked(['run', 'train.csv', '--target', 'y', '--candidates', 'nowhere', '--output', 'other']) // prettier-ignore
    expect(nowhere.stderr).toContain('E_NO_SUCH_FOLDER')
    rmSync(at('other'), { recursive: true, force: true })
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

describe('run --trial-time', () => {
  const folder = temporaryFolder()

  it('ends every trial with what it has, also without a budget', async () => {
    writeTable(join(folder, 'train.csv'), 'multiclass', 1500)
    const { code, stderr } = await glasspilot(
      'run train.csv --target y --max-candidates 9 --trial-time 0.3s --output limited --quiet'.split(' '),
      { cwd: folder },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = readFileSync(join(folder, 'limited/events.jsonl'), 'utf8').split('\n')
    const trials = lines.filter(line => line.includes('"type":"trial"'))
    expect(trials).toHaveLength(9)
    expect(trials.filter(line => line.includes('"timeLimited":true')).length).toBeGreaterThan(0)
    expect(trials.filter(line => line.includes('"state":"TIMEOUT"'))).toEqual([])
  })

  it('refuses what is no time', async () => {
    const { code, stderr } = await glasspilot(
      'run train.csv --target y --trial-time soon --output x'.split(' '),
      { cwd: folder },
    )
    expect(code).toBe(64)
    expect(stderr).toContain('soon')
  })
})

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openData } from '../../src/experiment/data.ts'
import { layout } from '../../src/experiment/store.ts'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

describe('--validation', () => {
  const folder = temporaryFolder()
  const run = (...args: string[]) =>
    glasspilot(['run', 'train.csv', '--target', 'y', ...args], { cwd: folder })
  const settings = ['--mode', 'hpo', '--max-candidates', '3', '--quiet', '--json'] as const

  beforeAll(() => {
    writeTable(join(folder, 'train.csv'), 'regression', 300)
    writeTable(join(folder, 'later.csv'), 'regression', 90, 2)
  })

  it('scores every trial on the rows of the file, which none learns from', async () => {
    const { code, stderr } = await run('--validation', 'later.csv', ...settings, '--output', 'out')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const best = readFileSync(join(folder, 'out', 'leaderboard.csv'), 'utf8')
      .split('\n')[1]!
      .split(',')
    const told = await glasspilot(['evaluate', 'out', 'later.csv', '--json'], { cwd: folder })
    const { metrics } = JSON.parse(told.stdout) as { metrics: Record<string, number> }
    expect(metrics['MSE']).toBeCloseTo(Number(best[5]), 6)
    const again = await glasspilot(['describe', 'out', '--json'], { cwd: folder })
    expect(again.stdout).toContain('90')
  })

  it('goes on only with the file it began with', async () => {
    await run('--validation', 'later.csv', ...settings, '--definitions-only', '--output', 'changed')
    const before = readFileSync(join(folder, 'later.csv'))
    appendFileSync(join(folder, 'later.csv'), '30,red,40000,2020-05-05,1\n')
    const { code, stderr } = await glasspilot(['resume', 'changed', '--quiet'], { cwd: folder })
    writeFileSync(join(folder, 'later.csv'), before)
    expect({ code, stderr }).toMatchObject({ code: 65, stderr: expect.stringContaining('E_DATA_CHANGED') })
  })

  it('may be a share of the rows, which none learns from either', async () => {
    const { code, stderr } = await run('--validation-fraction', '0.25', ...settings, '--output', 'share')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { folds } = openData(layout(join(folder, 'share')))
    const [{ train, validation }] = folds.folds as [(typeof folds.folds)[number]]
    expect([folds.kind, train.length, validation.length]).toEqual(['holdout', 225, 75])
    const report = await glasspilot(['report', 'share'], { cwd: folder })
    expect(report.code).toBe(0)
    expect(readFileSync(join(folder, 'share', 'report.html'), 'utf8')).toContain('--validation-fraction 0.25')
  })

  it('is refused when it is not there, has other columns, has no target, or stands beside --time', async () => {
    writeFileSync(join(folder, 'other.csv'), 'a,b\n1,2\n')
    writeFileSync(join(folder, 'blank.csv'), 'age,colour,income,joined,y\n30,red,40000,2020-05-05,\n')
    const cases: [string[], number, string][] = [
      [['--validation', 'gone.csv'], 66, 'E_NO_SUCH_FILE'],
      [['--validation', 'other.csv'], 65, 'other.csv'],
      [['--validation', 'blank.csv'], 65, 'E_TOO_FEW_ROWS'],
      [['--validation', 'later.csv', '--time', 'joined'], 64, 'E_USAGE'],
      [['--validation-fraction', '1'], 64, 'between 0 and 1'],
      [['--validation-fraction', 'half'], 64, 'between 0 and 1'],
      [['--validation-fraction', '0.2', '--validation', 'later.csv'], 64, 'beside --validation,'],
      [['--validation-fraction', '0.2', '--group', 'colour'], 64, 'beside --group,'],
    ]
    for (const [i, [args, code, words]] of cases.entries()) {
      const refused = await run(...args, '--quiet', '--output', `refused${i}`)
      expect(refused).toMatchObject({ code, stderr: expect.stringContaining(words) })
      expect(refused.stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

const RESULTS = ['leaderboard.csv', 'model/model.onnx']

describe('trials that learn from the answers of others', () => {
  const folder = temporaryFolder()
  const read = (output: string, file: string) => readFileSync(join(folder, output, file))
  const args = (output: string) =>
    `run train.csv --target y --candidates plan --max-candidates 12 --test test.csv --output ${output}`.split(' ') // prettier-ignore

  beforeAll(async () => {
    writeTable(join(folder, 'train.csv'), 'binary', 1200)
    writeTable(join(folder, 'test.csv'), 'binary', 300, 2)
    await glasspilot(['plan', 'train.csv', '--target', 'y', '--candidates', 'plan'], { cwd: folder })
    // What is quick to learn.
    for (const file of readdirSync(join(folder, 'plan')))
      if (!/linear|gbt-depthwise|random-forest/.test(file)) rmSync(join(folder, 'plan', file))
    const { code, stderr } = await glasspilot([...args('whole'), '--quiet'], { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('stand on the leaderboard with the trials they learnt from, and their model answers untouched rows as well as it says', async () => {
    const rows = read('whole', 'leaderboard.csv').toString().split('\n')
    const stacked = rows.filter(row => row.includes('learnt from the answers of trials'))
    expect(stacked.length).toBeGreaterThanOrEqual(2)
    const { code, stdout } = await glasspilot(['leaderboard', 'whole', '--json'], { cwd: folder })
    expect(code).toBe(0)
    const best = JSON.parse(stdout)[0] as { metrics: { AUC: number } }
    const { stdout: told } = await glasspilot(['evaluate', 'whole', 'test.csv', '--json'], { cwd: folder })
    expect(Math.abs(JSON.parse(told).metrics.AUC - best.metrics.AUC)).toBeLessThan(0.03)
  })

  it('are done after a kill, from the same answers: the same leaderboard, the same model', async () => {
    let killed = false
    await glasspilot([...args('killed'), '--workers', '1'], {
      cwd: folder,
      onStderr: (text, kill) => {
        // The first of the stack level has ended, the others have not.
        if (killed || !/trial 8 /.test(text)) return
        killed = true
        kill('SIGKILL')
      },
    })
    expect(killed).toBe(true)
    const { code } = await glasspilot(['resume', 'killed', '--quiet'], { cwd: folder })
    expect(code).toBe(0)
    for (const file of RESULTS) expect(read('killed', file).equals(read('whole', file)), file).toBe(true)
  })

  it('are repeated by a replay, and left out with --no-stacking', async () => {
    const again = await glasspilot(['run', '--replay', 'whole', '--output', 'again', '--json', '--quiet'], {
      cwd: folder,
    })
    expect(JSON.parse(again.stdout).replay.same).toEqual({ leaderboard: true, model: true })
    await glasspilot([...args('none'), '--no-stacking', '--quiet'], { cwd: folder })
    expect(read('none', 'leaderboard.csv').toString()).not.toContain('learnt from the answers')
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { csv, label, workplace } from './nasty.ts'

const { folder, file, checked } = workplace()
const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js')
const name = file(csv([['a', i => ((i * 7919) % 101) * 1.5], ['b', i => (i * 31) % 11], ['y', label]], 150), "o'clock data.csv") // prettier-ignore
const hasTerminal = spawnSync('script', ['-qc', 'true', '/dev/null']).status === 0

describe('glasspilot profile', () => {
  it('tells its stages in plain lines and ends with the next command', async () => {
    const { stderr, stdout } = await checked(['profile', name, '--target', 'y', '--drop-leaks'])
    expect(stderr).not.toMatch(/[\r█░]/)
    const stages = ['reading', 'statistics', 'prediction power', 'quick model', 'equal rows', 'correlations', 'unusual rows', 'profiled 150 rows × 3 columns'] // prettier-ignore
    let at = 0
    for (const stage of stages) expect((at = stderr.indexOf(stage, at)), stage).toBeGreaterThan(0)
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      /^ {2}glasspilot run 'o'\\''clock data\.csv' --target y --drop-leaks --budget 10m$/,
    )
    expect(stdout).toContain('150 rows × 3 columns')
    const alone = await checked(['profile', name])
    expect(alone.stderr.trim()).toMatch(/Next:\n {2}glasspilot profile .* --target COLUMN {3}# /)
    const quiet = await checked(['profile', name, '--target', 'y', '--quiet'])
    expect(quiet.stderr).toBe('')
  })

  it.skipIf(!hasTerminal)('draws a bar on a terminal (needs script of util-linux)', () => {
    const command = `${process.execPath} ${MAIN} profile "${name}" --target y --output page.html`
    const { stdout } = spawnSync('script', ['-qc', command, '/dev/null'], { cwd: folder, encoding: 'utf8' })
    expect(stdout).toMatch(/\r░{20} reading/)
    expect(stdout).toMatch(/\r█{6}░{14} prediction power of each column/)
    expect(stdout).toMatch(/\r█{17}░{3} unusual rows/)
    expect(stdout).toMatch(/profiled 150 rows × 3 columns/)
    expect(
      stdout
        .trimEnd()
        .split(/[\r\n]+/)
        .at(-1),
    ).toContain('glasspilot run')
    expect(existsSync(join(folder, 'page.html'))).toBe(true)
  })
})

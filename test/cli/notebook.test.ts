import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

const folder = temporaryFolder()
const at = (...parts: string[]) => join(folder, ...parts)
const contents = (place: string) =>
  Object.fromEntries(readdirSync(place).map(name => [name, readFileSync(join(place, name), 'utf8')]))

describe('glasspilot notebook', () => {
  beforeAll(async () => {
    writeTable(at('table.csv'), 'binary', 120)
    const run = await glasspilot(['run', 'table.csv', '--target', 'y', '--max-candidates', '3', '--output', 'out', '--quiet'], { cwd: folder }) // prettier-ignore
    expect(run.stderr).toBe('')
  })

  it('gives the very notebooks that the run left', async () => {
    const left = contents(at('out/notebooks'))
    expect(Object.keys(left)).toHaveLength(3)
    rmSync(at('out/notebooks'), { recursive: true })
    const { code, stdout } = await glasspilot(['notebook', 'out', '--json'], { cwd: folder })
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as { files: string[] }).files).toHaveLength(3)
    expect(contents(at('out/notebooks'))).toEqual(left)
  })

  it('leaves edited ones alone when it is told another folder', async () => {
    const [name] = readdirSync(at('out/notebooks'))
    writeFileSync(at('out/notebooks', name!), 'mine')
    expect((await glasspilot(['notebook', 'out', '--output', 'notes'], { cwd: folder })).code).toBe(0)
    expect(readFileSync(at('out/notebooks', name!), 'utf8')).toBe('mine')
    expect(JSON.parse(readFileSync(at('notes', name!), 'utf8'))).toHaveProperty('nbformat', 4)
  })

  it('refuses what has no plan yet, and says what to do', async () => {
    rmSync(at('out/candidates.json'))
    const { code, stderr } = await glasspilot(['notebook', 'out'], { cwd: folder })
    expect(code).not.toBe(0)
    expect(stderr).toContain('E_NO_PLAN')
    expect(stderr).toContain('glasspilot resume')
  })
})

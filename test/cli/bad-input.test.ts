import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'

const folder = temporaryFolder()
const rows = (header: string, line: (i: number) => string, n = 60) =>
  `${header}\n${Array.from({ length: n }, (_, i) => line(i)).join('\n')}\n`

beforeAll(() => {
  writeTable(join(folder, 'good.csv'), 'binary', 60)
  writeFileSync(join(folder, 'empty.csv'), '')
  writeFileSync(join(folder, 'header.csv'), 'a,b,y\n')
  writeFileSync(
    join(folder, 'one-class.csv'),
    rows('a,y', i => `${i * 1.5},yes`),
  )
  writeFileSync(
    join(folder, 'constant.csv'),
    rows('a,y', i => `${i * 1.5},3.25`),
  )
  writeFileSync(
    join(folder, 'only-target.csv'),
    rows('y', i => (i % 2 ? 'a' : 'b')),
  )
  writeFileSync(join(folder, 'workbook.csv'), Buffer.from('504b0304140006000800000021', 'hex'))
  mkdirSync(join(folder, 'full'))
  writeFileSync(join(folder, 'full/notes.txt'), 'mine')
  writeFileSync(join(folder, 'secret.csv'), 'a,y\n1,2\n')
  chmodSync(join(folder, 'secret.csv'), 0)
})

// [what, arguments, exit code, what the sentence says]
const cases: [string, string[], number, RegExp][] = [
  ['no such file', ['run', 'goood.csv', '--target', 'y'], 66, /goood\.csv.*good\.csv/],
  ['a folder with no table', ['run', 'full', '--target', 'y'], 66, /full/],
  ['an empty file', ['run', 'empty.csv', '--target', 'y'], 65, /empty/],
  ['a header and nothing else', ['run', 'header.csv', '--target', 'y'], 65, /row/],
  ['a target that is not there', ['run', 'good.csv', '--target', 'Colour '], 65, /did you mean "colour"/i],
  ['no target at all', ['run', 'good.csv'], 64, /--target/],
  ['one class', ['run', 'one-class.csv', '--target', 'y'], 65, /yes/],
  [
    'a constant target',
    ['run', 'constant.csv', '--target', 'y', '--problem-type', 'Regression'],
    65,
    /3\.25/,
  ],
  ['nothing to learn from', ['run', 'only-target.csv', '--target', 'y'], 65, /column/],
  ['a workbook named .csv', ['run', 'workbook.csv', '--target', 'y'], 65, /workbook|zip/i],
  [
    'an unknown flag',
    ['run', 'good.csv', '--target', 'y', '--budgett', '3m'],
    64,
    /--budget.*see "glasspilot run --help"/,
  ],
  ['an unknown command', ['rum', 'good.csv'], 64, /run.*see "glasspilot --help"/],
  ['an unknown command', ['trian', 'good.csv'], 64, /train|run|trian/],
  ['an unknown metric', ['run', 'good.csv', '--target', 'y', '--objective', 'acuracy'], 64, /Accuracy/],
  [
    'a metric of another task',
    ['run', 'good.csv', '--target', 'y', '--problem-type', 'Regression', '--objective', 'AUC'],
    64,
    /AUC/,
  ],
  ['a budget that is no time', ['run', 'good.csv', '--target', 'y', '--budget', 'soon'], 64, /10m/],
  [
    'an output folder with something in it',
    ['run', 'good.csv', '--target', 'y', '--output', 'full'],
    73,
    /full/,
  ],
  ['a bad name', ['run', 'good.csv', '--target', 'y', '--name', '../../x'], 64, /--name/],
  ['a folder that is no experiment', ['leaderboard', 'full'], 66, /full/],
  ['a model that is not there', ['predict', 'full', 'good.csv'], 66, /full/],
  [
    'a test file that is not there',
    ['run', 'good.csv', '--target', 'y', '--test', 'nope.csv'],
    66,
    /nope\.csv/,
  ],
]

describe('bad input', () => {
  it.each(cases)('%s: one sentence, the right exit code, nothing written', async (_, args, code, says) => {
    const output = args.includes('--output') ? [] : ['--output', 'never']
    const full = args[0] === 'run' ? [...args, ...output] : args
    const result = await glasspilot(full, { cwd: folder })
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(says)
    expect(result.stderr).not.toMatch(/\n\s+at |node:internal/)
    expect(result.stderr.trim().split('\n').at(-1)).toMatch(/^glasspilot: /)
    expect(existsSync(join(folder, 'never/model'))).toBe(false)
    expect(existsSync(join(folder, 'never/leaderboard.csv'))).toBe(false)
  })

  it.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    const result = await glasspilot(['run', 'secret.csv', '--target', 'y'], { cwd: folder })
    expect(result.code).toBe(77)
  })

  it('leaves what stood in a refused output folder alone', async () => {
    await glasspilot(['run', 'good.csv', '--target', 'y', '--output', 'full'], { cwd: folder })
    expect(existsSync(join(folder, 'full/notes.txt'))).toBe(true)
    expect(existsSync(join(folder, 'full/experiment.json'))).toBe(false)
  })
})

describe('help', () => {
  it.each([[[]], [['--help']], [['run', '--help']], [['leaderboard', '--help']]])(
    'glasspilot %j says what to type',
    async args => {
      const { code, stdout } = await glasspilot(args, { cwd: folder })
      expect(code).toBe(0)
      expect(stdout).toContain('glasspilot')
      expect(stdout).toMatch(/\$ glasspilot (run|leaderboard)/)
    },
  )
  it('prints its version', async () => {
    expect((await glasspilot(['--version'], { cwd: folder })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

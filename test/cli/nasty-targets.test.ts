import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openData } from '../../src/experiment/data.ts'
import { layout } from '../../src/experiment/store.ts'
import { csv, insightsOf, label, workplace } from './nasty.ts'
import type { Cells } from './nasty.ts'

const { file, profile, plan, checked } = workplace()
const withTarget = (y: Cells, rows = 120, name = 'y') =>
  file(
    csv(
      [
        ['a', i => ((i * 7919) % 101) * 1.5],
        ['b', i => (i * 31) % 11],
        [name, y],
      ],
      rows,
    ),
  )
const taskOf = (output: string) =>
  (JSON.parse(readFileSync(join(output, 'profile.json'), 'utf8')) as { target: { task: string } }).target.task

describe('a target', () => {
  it('that is not there, or there twice', async () => {
    const absent = await plan(withTarget(label, 60, 'churn '), 'Churn')
    expect(absent.code).toBe(65)
    expect(absent.stderr).toMatch(
      /E_TARGET_NOT_FOUND.*"Churn".*did you mean "churn "\?.*columns: "a", "b", "churn "/,
    )
    const twice = await plan(
      file(
        csv([
          ['a', i => i % 7],
          ['y', label],
          ['y', label],
        ]),
      ),
    )
    expect(twice.code).toBe(65)
    expect(twice.stderr).toContain('E_TARGET_AMBIGUOUS')
  })

  it.each<[string, Cells, string, string[]]>([
    ['of one class', () => 'yes', 'E_TARGET_SINGLE_CLASS.*"yes".*120', []],
    ['without a value', () => '', 'E_TARGET_EMPTY', []],
    ['that is constant', () => 3.25, 'E_TARGET_CONSTANT.*3.25', ['--problem-type', 'Regression']],
  ])('%s is refused', async (_, cells, says, more) => {
    const result = await plan(withTarget(cells), 'y', ...more)
    expect(result.code).toBe(65)
    expect(result.stderr).toMatch(new RegExp(says))
  })

  it('with more classes than can be learnt is refused when it is forced, a quantity when not', async () => {
    const name = withTarget(i => (i * 37) % 5000, 5000)
    const forced = await plan(name, 'y', '--problem-type', 'MulticlassClassification')
    expect(forced.code).toBe(65)
    expect(forced.stderr).toContain('E_TOO_MANY_CLASSES')
    const { code, output } = await plan(name)
    expect([code, taskOf(output)]).toEqual([0, 'regression'])
  })

  it.each<[string, Cells, number, string[]]>([
    [
      'with classes of one and two rows',
      i => (i === 5 ? 'solo' : i === 6 || i === 7 ? 'two' : label(i)),
      120,
      ['W_RARE_CLASS'],
    ],
    ['one in ten thousand', i => (i === 5 ? 'yes' : 'no'), 10_000, ['W_IMBALANCE']],
    ['mostly missing', i => (i % 3 === 0 ? label(i) : ''), 120, ['W_MISSING_TARGET']],
    [
      'of numbers with an infinity and a word',
      i => (i === 5 ? 'inf' : i === 6 ? 'word' : i * 1.37),
      120,
      ['W_INVALID_TARGET'],
    ],
    [
      'of labels written in several ways',
      i => [' yes', 'yes', 'Yes', 'YES', 'no'][(i * i) % 5]!,
      120,
      ['W_LABEL_VARIANTS'],
    ],
  ])('%s is planned for, and said so', async (_, cells, rows, codes) => {
    const { code, output } = await plan(withTarget(cells, rows))
    expect(code).toBe(0)
    const found = JSON.parse(readFileSync(join(output, 'profile.json'), 'utf8')) as Awaited<
      ReturnType<typeof profile>
    >
    expect(insightsOf(found)).toEqual(expect.arrayContaining(codes))
    expect(found.target!.name).toBe('y')
  })

  it('with labels made to break programs', async () => {
    const labels = ['__proto__', 'constructor', '{{x}}', 'L'.repeat(10_240), '🙂', '<b>']
    const { code, output } = await plan(withTarget(i => labels[(i * 5) % 6]!))
    expect([code, taskOf(output)]).toEqual([0, 'multiclass'])
  })

  it('of three numbers is a class; ten whole numbers are by rule; a reason is given', async () => {
    const found = await profile(
      withTarget(i => (i * i) % 3),
      'y',
    )
    expect(found.target).toMatchObject({ task: 'binary' })
    const three = await profile(
      withTarget(i => (i * 7) % 3),
      'y',
    )
    expect(three.target).toMatchObject({ task: 'multiclass' })
    const forced = await plan(
      withTarget(i => (i * 7) % 3),
      'y',
      '--problem-type',
      'Regression',
    )
    expect([forced.code, taskOf(forced.output)]).toEqual([0, 'regression'])
  })
})

describe('rows', () => {
  it('that stand twice, or with two labels, are counted', async () => {
    const name = file(
      csv(
        [
          ['a', i => (((i % 100) * 7919) % 101) * 1.5],
          ['b', i => ((i % 100) * 31) % 11],
          ['y', i => (i === 150 ? 'other' : label(i % 100))],
        ],
        200,
      ),
    )
    const ids = insightsOf(await profile(name, 'y'))
    expect(ids).toContain('W_DUPLICATES')
    expect(ids).toContain('W_CONFLICTING_LABELS')
    const { output } = await plan(name)
    const { folds } = openData(layout(output)).folds
    expect(folds).toHaveLength(5)
    for (const { train, validation } of folds) {
      const trained = new Set(Array.from(train, row => row % 100))
      expect(Array.from(validation, row => row % 100).filter(row => trained.has(row))).toEqual([])
      expect(Math.abs(validation.length - 40)).toBeLessThanOrEqual(4)
    }
  })

  it('that are more than training takes are sampled, and the log says so', async () => {
    const name = withTarget(label, 600)
    const args = ['run', name, '--target', 'y', '--definitions-only', '--output', 'sampled']
    const { code, stderr } = await checked(args, { GLASSPILOT_MAX_CELLS: '900' })
    expect(code).toBe(0)
    expect(stderr).toMatch(/600 rows × 3 columns .* a sample of (299|300) rows/)
  })

  it('that say nothing about the target are trained on, told to be no better than the baseline, and stop --strict', async () => {
    const noise = withTarget(i => ((i * 2_654_435_761) % 1009 < 504 ? 'yes' : 'no'), 200)
    const told = withTarget(i => (((i * 7919) % 101) * 1.5 > 70 ? 'yes' : 'no'), 200)
    const train = (name: string, output: string, ...more: string[]) =>
      checked(['run', name, '--target', 'y', '--max-candidates', '4', '--quiet', '--output', output, ...more])
    const plain = await train(noise, 'noise')
    expect(plain.code).toBe(0)
    expect(plain.stdout).toMatch(/no better than the baseline, p = [01](\.\d+)?/)
    const strict = await train(noise, 'noise-strict', '--strict', '--json')
    expect(strict.code).toBe(2)
    const { verdict } = JSON.parse(strict.stdout) as { verdict: { p: number; isBetter: boolean } }
    expect(verdict.isBetter).toBe(false)
    const known = await train(told, 'known', '--strict')
    expect(known.code).toBe(0)
    expect(known.stdout).toMatch(/[^o] better than the baseline, p < 0\.0001/)
  })
})

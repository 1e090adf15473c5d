import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { csv, workplace } from './nasty.ts'

const { folder, file, checked } = workplace()

/** Two columns that matter, one that does not; names that would break a page that did not escape them. */
const table = csv(
  [
    ['size <b>', i => ((i * 7919) % 101) / 10],
    ['colour', i => ['red', 'green', '<img src=x onerror=alert(1)>'][(i * 31) % 3]!],
    ['idle', i => (i * 613) % 17],
    ['bought', i => (((i * 7919) % 101) / 10 + ((i * 31) % 3) * 4 + ((i * 37) % 5) > 9 ? 'yes' : 'no')],
  ],
  400,
)

describe('glasspilot report', () => {
  const output = join(folder, 'experiment')
  beforeAll(async () => {
    const run = await checked(['run', file(table), '--target', 'bought', '--max-candidates', '4', '--output', 'experiment', '--quiet']) // prettier-ignore
    expect(run.code).toBe(0)
  })

  it('writes quality, importance, leaderboard and findings as one page of its own', async () => {
    const { code, stdout } = await checked(['report', 'experiment'])
    expect(code).toBe(0)
    expect(stdout.trim()).toBe(join('experiment', 'report.html'))
    const html = readFileSync(join(output, 'report.html'), 'utf8')
    for (const part of [
      'Quality of the best model',
      'What the model leans on',
      'What answers are made of',
      'How answers depend on single columns',
      'Where the model is weakest',
      'Worst rows',
      'Decisions',
      'Time and memory',
      'Leaderboard',
      'How to reproduce',
      'BalancedAccuracy',
    ])
      // prettier-ignore
      expect(html).toContain(part)
    expect(html).toContain('rows, each by models that did not learn from it')
    expect(html).not.toMatch(/<img|<b>\s*"|https?:\/\/(?!www\.w3\.org)/)
    // What is said of the model is what the leaderboard says.
    const { score } = (JSON.parse(readFileSync(join(output, 'leaderboard.json'), 'utf8')) as { rows: { score: number }[] }).rows[0]! // prettier-ignore
    expect(score).toBeGreaterThan(0.5)
    const bars = html.slice(html.indexOf('What the model leans on'), html.indexOf('Leaderboard</h2>'))
    expect(bars.indexOf('size')).toBeGreaterThan(0)
    expect(bars.indexOf('size')).toBeLessThan(bars.indexOf('idle'))
  })

  it('is quicker without the importance, and goes where it is told', async () => {
    const { code } = await checked(['report', 'experiment', '--fast', '--output', 'fast.html'])
    expect(code).toBe(0)
    expect(readFileSync(join(folder, 'fast.html'), 'utf8')).not.toContain('What the model leans on')
  })

  it('compares the groups of a column, and writes its figures beside it', async () => {
    const { code } = await checked([
      'report',
      'experiment',
      '--fast',
      '--sensitive',
      'colour',
      '--output',
      'fair.html',
    ])
    expect(code).toBe(0)
    const html = readFileSync(join(folder, 'fair.html'), 'utf8')
    expect(html).toMatch(/Fairness by colour[^]*false positive rate/)
    const figures = JSON.parse(readFileSync(join(folder, 'fair.json'), 'utf8')) as { dataset: { item_count: number }; binary_classification_metrics: { f1: { value: number } } } // prettier-ignore
    expect(figures.dataset.item_count).toBe(400)
    const [best] = JSON.parse((await checked(['leaderboard', 'experiment', '--json'])).stdout) as { metrics: { F1: number } }[] // prettier-ignore
    expect(figures.binary_classification_metrics.f1.value).toBeCloseTo(best!.metrics.F1, 12)
    const wrong = await checked(['report', 'experiment', '--fast', '--sensitive', 'color'])
    expect(wrong.stderr).toMatch(/E_NO_SUCH_COLUMN.*did you mean "colour"/)
  })

  it('refuses other names, folders and plans without a trial', async () => {
    expect((await checked(['report', 'experiment', '--output', 'report.pdf'])).code).toBe(64)
    const missing = await checked(['report', 'nowhere'])
    expect(missing.code).toBe(66)
    expect(missing.stderr).toContain('E_NOT_AN_EXPERIMENT')
    await checked([
      'run',
      file(table),
      '--target',
      'bought',
      '--definitions-only',
      '--output',
      'plan',
      '--quiet',
    ])
    const planned = await checked(['report', 'plan'])
    expect(planned.stderr).toMatch(/E_NO_MODEL.*glasspilot resume plan/)
    expect(existsSync(join(folder, 'plan', 'report.html'))).toBe(false)
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Candidate } from '../../src/candidates/candidate.ts'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import { createRng } from '../../src/util/rng.ts'
import { glasspilot, temporaryFolder } from '../helpers/cli.ts'

/** Rows of `kind,series`: noisy lines and waves of any size, place and phase, of 20 to 40 numbers. */
function seriesTable(rows: number, seed: number): string {
  const rng = createRng(seed)
  const shapes: Record<string, (share: number, phase: number) => number> = {
    rising: share => 3 * share,
    slow: (share, phase) => Math.sin(2 * Math.PI * (2 * share + phase)),
    fast: (share, phase) => Math.sin(2 * Math.PI * (6 * share + phase)),
  }
  const lines = Array.from({ length: rows }, () => {
    const kind = Object.keys(shapes)[rng.int(3)]!
    const [length, size, place, phase] = [20 + rng.int(21), 1 + 9 * rng.next(), 20 * rng.normal(), rng.next()]
    const values = Array.from({ length }, (_, i) =>
      (place + size * (shapes[kind]!(i / length, phase) + 0.3 * rng.normal())).toFixed(2),
    )
    return `${kind},"${values.join(', ')}"`
  })
  return ['kind,series', ...lines, ''].join('\n')
}

it('learns from the trend and the frequency of series written in one cell, where words would tell nothing', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'train.csv'), seriesTable(240, 1))
  writeFileSync(join(folder, 'test.csv'), seriesTable(150, 2))
  const { code, stdout } = await glasspilot(
    'run train.csv --target kind --test test.csv --objective Accuracy --max-candidates 3 --output out --json --quiet'.split(' '), // prettier-ignore
    { cwd: folder },
  )
  expect(code).toBe(0)
  const { best } = JSON.parse(stdout) as { best: { holdout: number } }
  expect(best.holdout).toBeGreaterThanOrEqual(0.9)
  const profile = JSON.parse(readFileSync(join(folder, 'out/profile.json'), 'utf8')) as DatasetProfile
  expect(profile.columns.map(({ name, sequence }) => [name, sequence])).toContainEqual(['series', true])
  const { candidates } = JSON.parse(readFileSync(join(folder, 'out/candidates.json'), 'utf8')) as {
    candidates: Candidate[]
  }
  for (const { groups } of candidates.filter(({ role }) => role !== 'reference')) {
    expect(groups.map(({ name, columns }) => [name, columns])).toEqual([['series', ['series']]])
    expect(groups[0]!.encode.map(({ transform }) => transform)).toEqual(['sequence-features'])
  }
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { evaluate, isModulePath, loadMetric, metrics, metricsOf } from '../../src/metrics/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { temporaryFolder, glasspilot, writeTable } from '../helpers/cli.ts'
import { randomScored } from './helpers.ts'

const folder = temporaryFolder()
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('quantile losses', () => {
  const target = Float64Array.from({ length: 2001 }, () => 0).map((_, i) => i / 2000)
  const lossAt = (name: 'Quantile10' | 'Quantile90', value: number) =>
    metrics[name].score({ task: 'regression', target, outputs: target.map(() => value), width: 1 })
  it.each([
    ['Quantile10', 0.1],
    ['Quantile90', 0.9],
  ] as const)('%s is least at that quantile', (name, level) => {
    for (const other of [0, 0.05, 0.2, 0.5, 0.8, 0.95, 1])
      if (other !== level) expect(lossAt(name, other)).toBeGreaterThan(lossAt(name, level))
    // Of a constant q on uniform values: (level · (1 − q)² + (1 − level) · q²) / 2.
    expect(lossAt(name, 0.5)).toBeCloseTo(0.125, 3)
  })
})

describe('a metric of one’s own', () => {
  const scored = randomScored('binary', 200, createRng(1))
  it('is told from the name of a metric by its ending', () => {
    expect(['./a.mjs', 'b.js', '/c/d.cjs'].every(isModulePath)).toBe(true)
    expect(['AUC', 'F1.', 'a.csv'].some(isModulePath)).toBe(false)
  })
  it('is not there until its module is loaded', () => {
    expect(metricsOf('binary')).not.toContain('Custom')
    expect(evaluate(scored)).not.toHaveProperty('Custom')
  })
  it('refuses a module without a score, and one that cannot be read', async () => {
    await expect(loadMetric(write('none.mjs', 'export const x = 1'))).rejects.toMatchObject({ code: 'E_BAD_METRIC_MODULE' }) // prettier-ignore
    await expect(loadMetric(join(folder, 'absent.mjs'))).rejects.toMatchObject({
      code: 'E_BAD_METRIC_MODULE',
    })
  })
  it('sees truth, outputs and labels', async () => {
    const right = 'target.filter((y, i) => y === labels[i]).length'
    await loadMetric(write('hits.mjs', `export const score = ({ target, labels, outputs, width }) => width * ${right} + outputs[0]`)) // prettier-ignore
    expect(evaluate(scored).Custom).toBeCloseTo(2 * 200 * metrics.Accuracy.score(scored) + scored.outputs[0]!, 9) // prettier-ignore
  })
  it('is what a run optimises, and stands on the leaderboard', async () => {
    writeTable(join(folder, 'train.csv'), 'binary', 150, 1)
    write('cost.mjs', 'export const score = ({ target, labels }) => -target.reduce((sum, y, i) => sum + (y === 1 && labels[i] === 0 ? 5 : y !== labels[i] ? 1 : 0), 0) / target.length') // prettier-ignore
    const { code, stdout, stderr } = await glasspilot(['run', 'train.csv', '--target', 'y', '--objective', 'cost.mjs', '--max-candidates', '4', '--output', 'out', '--json', '--quiet'], { cwd: folder }) // prettier-ignore
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { objective, best } = JSON.parse(stdout) as { objective: { name: string }; best: { score: number } }
    expect(objective.name).toBe('Custom')
    expect(best.score).toBeLessThan(0)
    expect(best.score).toBeGreaterThan(-1)
  })
})

import { describe, expect, it } from 'vitest'
import { readDataset } from '../../src/data/read.ts'
import { makeTarget } from '../../src/data/target.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { file } from '../data/files.ts'

const rng = createRng(11)
const lines = Array.from({ length: 300 }, () => {
  const a = rng.normal()
  return `${a.toFixed(3)},${rng.normal().toFixed(3)},k${rng.int(4)},${a > 0 ? 'yes' : 'no'}`
})
const { dataset, schema } = await readDataset(file(`a,b,c,y\n${lines.join('\n')}\n`), { target: 'y' })
const made = makeTarget(dataset, 'y')

/** A profile whose time is over when it has been asked so many times. */
const profileUntil = (asks: number, dropLeaks = false) =>
  profileDataset(dataset, schema, {
    target: 'y',
    made,
    seed: 0,
    test: dataset,
    dropLeaks,
    isLate: () => asks-- <= 0,
  })

describe('a profile whose time runs out', () => {
  it('names every costly part that it leaves out, and keeps the statistics', async () => {
    const whole = await profileUntil(Infinity)
    const late = await profileUntil(0)
    expect(whole).not.toHaveProperty('leftOut')
    expect(late.leftOut).toEqual([
      'prediction power',
      'equal rows and columns',
      'correlations',
      'unusual rows',
      'differences between training and test rows',
    ])
    for (const part of [
      'quickModel',
      'judged',
      'correlation',
      'associations',
      'anomalies',
      'drift',
    ] as const) {
      expect(whole).toHaveProperty(part)
      expect(late).not.toHaveProperty(part)
    }
    expect(late.target).toEqual(whole.target)
    expect(late.columns).toEqual(whole.columns.map(column => ({ ...column, prediction: undefined })))
  })

  it('leaves out what comes later only', async () => {
    const late = await profileUntil(1)
    expect(late.judged).toBeDefined()
    expect(late.leftOut).toEqual(expect.arrayContaining(['quick model', 'correlations']))
    expect(late.leftOut).not.toContain('prediction power')
  })

  it('still looks for leaks that it was asked to drop', async () => {
    expect((await profileUntil(0, true)).leftOut).not.toContain('prediction power')
  })
})

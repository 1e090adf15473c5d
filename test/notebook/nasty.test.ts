import { expect, it } from 'vitest'
import { nasty } from './nasty.ts'

it('are at least 515 different strings', () => {
  expect(new Set(nasty).size).toBeGreaterThanOrEqual(515)
})

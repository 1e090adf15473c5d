import { describe, expect, it } from 'vitest'
import {
  byteSize,
  count,
  duration,
  editDistance,
  figure,
  nearest,
  printable,
  quoted,
} from '../../src/util/text.ts'

describe('text for people', () => {
  it('shows control characters and direction overrides as escapes', () => {
    expect(printable('a\u001b[31m\u202eb\u0000')).toBe('a\\x1b[31m\\u202eb\\x00')
    expect(printable('tab\tand\nline, größe 売上 😀')).toBe('tab\tand\nline, größe 売上 😀')
  })
  it('suggests the nearest name and none when nothing is near', () => {
    expect(nearest('Churn', ['churn ', 'Charges', 'age'])).toBe('churn ')
    expect(nearest('acuracy', ['Accuracy', 'AUC'])).toBe('Accuracy')
    expect(nearest('zzzzzz', ['Accuracy', 'AUC'])).toBeUndefined()
  })
  it('measures edits', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance('', 'abc')).toBe(3)
  })
  it('formats figures, counts, sizes and times', () => {
    expect([0, 1234567.8, 0.123456, 1e-7, 98.5, NaN].map(value => figure(value))).toEqual([
      '0',
      '1,234,568',
      '0.1235',
      '1.000e-7',
      '98.5',
      'NaN',
    ])
    expect(count(60000)).toBe('60,000')
    expect(count(-1234)).toBe('-1,234')
    expect([812, 1_400_000, 2e9].map(byteSize)).toEqual(['812 B', '1.4 MB', '2.0 GB'])
    expect([0.42, 42, 185, 7800].map(duration)).toEqual(['0.4 s', '42 s', '3 min 05 s', '2 h 10 min'])
  })
  it('quotes long names short', () => {
    expect(quoted('x'.repeat(100))).toHaveLength(82)
  })
})

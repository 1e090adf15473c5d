import { describe, expect, it } from 'vitest'
import { confusionTable, fit, sparkline, terminalBars } from '../../src/charts/index.ts'
import { displayWidth } from '../../src/charts/display-width.ts'
import { nasty } from '../notebook/nasty.ts'

const widest = (text: string) => Math.max(...text.split('\n').map(displayWidth))

describe('bars on a terminal', () => {
  const rows = [{ name: 'gbt', value: 0.98 }, { name: '売上 model', value: 0.49 }, { name: 'none', value: 0 }] // prettier-ignore

  it('are as long as their value', () => {
    expect(terminalBars(rows, { width: 40, ascii: true })).toBe(
      [
        'gbt        ######################## 0.98',
        '売上 model ############             0.49',
        'none                                   0',
      ].join('\n'),
    )
  })

  it('use eighths of a character', () => {
    expect(
      terminalBars(
        [
          { name: 'a', value: 8 },
          { name: 'b', value: 3 },
        ],
        { width: 5 },
      ),
    ).toBe('a █ 8\nb ▍ 3')
  })

  it('stay within the width and on their lines, whatever the names', () => {
    for (const width of [20, 40, 80])
      for (const name of nasty) {
        const text = terminalBars(
          [
            { name, value: 1 },
            { name: 'x', value: NaN },
          ],
          { width },
        )
        expect(widest(text), JSON.stringify(name)).toBeLessThanOrEqual(width)
        expect(text.split('\n')).toHaveLength(2)
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      }
  })
})

describe('a sparkline', () => {
  it('runs from the lowest to the highest value', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([7, NaN, 0], { ascii: true })).toBe('@ _')
    expect(sparkline([2, 2])).toBe('▁▁')
    expect(sparkline([])).toBe('')
  })

  it('averages what does not fit', () => {
    expect(sparkline([0, 0, 7, 7, 3, 4], { width: 3 })).toBe('▁█▅')
  })
})

describe('a confusion matrix on a terminal', () => {
  it('has actual classes down and predicted across', () => {
    expect(confusionTable({ labels: ['no', 'yes'], counts: [[120, 7], [3, 44]] }, { ascii: true })).toBe(
      ['actual |   no  yes', '-------+----------', 'no     |  120    7', 'yes    |    3   44'].join('\n'),
    ) // prettier-ignore
  })

  it('shows the largest classes that fit', () => {
    const labels = Array.from({ length: 30 }, (_, i) => `class ${i}`)
    const counts = labels.map((_, i) => labels.map((_, j) => (i === j ? i : 0)))
    const text = confusionTable({ labels, counts }, { width: 40 })
    expect(widest(text)).toBeLessThanOrEqual(40)
    expect(text).toContain('class 29')
    expect(text).toContain('more classes are not shown')
  })
})

it('fits a text into its width by columns, not characters', () => {
  expect(fit('売上高', 5)).toBe('売上…')
  expect(fit('売上高', 4)).toBe('売… ')
  expect(fit('abc', 5, { end: true })).toBe('  abc')
})

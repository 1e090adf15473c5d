import { createHash } from 'node:crypto'
import { parseHTML } from 'linkedom'
import { describe, expect, it, vi } from 'vitest'
import { renderReport } from '../../src/report/index.ts'
import { withoutPlots } from '../helpers/drawing.ts'
import { nasty } from '../notebook/nasty.ts'
import { regression, report } from './example.ts'

vi.mock('../../src/charts/document.ts', async original => {
  const { plotsOrNot } = await import('../helpers/drawing.ts')
  return plotsOrNot(await original())
})

const elements = (page: string) => [...parseHTML(page).document.querySelectorAll('*')]
const tags = (page: string) => elements(page).map(element => element.localName)

describe('the report', () => {
  const page = renderReport(report())

  it('tells score, leaderboard, metrics, findings and the command', () => {
    const text = parseHTML(page).document.body.textContent
    for (const words of [
      '0.87123',
      'dpp0-trees',
      'Accuracy',
      'age may give the target away',
      'glasspilot run customers.csv',
      'no age',
      '95 s',
      'Better than the baseline.',
      '0.7 of the highest',
      'Column age is left out',
      'Exact TreeSHAP',
    ]) {
      expect(text.replace(/\s+/g, ' ')).toContain(words)
    }
  })

  it('draws its pictures in the page', () => {
    const titles = [...parseHTML(page).document.querySelectorAll('svg > title')].map(node => node.textContent)
    expect(titles).toEqual([
      'Confusion matrix', 'Receiver operating characteristic', 'Precision and recall', 'Calibration',
      'Precision, recall and F1 by threshold', 'Cumulative gain', 'Lift', 'Feature importance', 'Mean size of SHAP values',
      'Partial dependence on age', 'Partial dependence on city', 'What answers to pictures hang on', 'Leaderboard by AUC',
      'AUC over the search', 'Rows of each class of left', 'Seconds of training by algorithm',
    ]) // prettier-ignore
  })

  it('asks nothing of the network and allows no script', () => {
    expect(page).not.toMatch(
      /<script|<link|<iframe|@import|url\(|src="http|href="(?!data:image\/png;base64,|#part-\d+")/,
    )
    expect(page).not.toMatch(/ style="| on[a-z]+="/)
    const [, hash] = /style-src 'sha256-([^']+)'/.exec(page)!
    const [, style] = /<style>([^]*?)<\/style>/.exec(page)!
    expect(createHash('sha256').update(style!).digest('base64')).toBe(hash)
    expect(page).toContain("default-src 'none'")
  })

  it('is the same bytes for the same input', () => {
    expect(renderReport(report())).toBe(page)
  })

  it('shows names as text, whatever they try to be', () => {
    const hostile = (name: string) =>
      renderReport(
        report({
          column: name,
          other: `${name}2`,
          target: name,
          label: name,
          experiment: name,
          dataset: name,
          cell: name,
        }),
      )
    const check = (name: string, shown: string, plain: string) => {
      const found = elements(shown)
      const names = found.map(element => element.localName)
      // A chart writes no text where there is none.
      if (/\S/.test(name)) expect(names.join(), JSON.stringify(name)).toBe(plain)
      else expect([...new Set(names)].sort(), JSON.stringify(name)).toEqual([...new Set(plain.split(','))].sort()) // prettier-ignore
      const attributes = new Set(found.flatMap(element => element.getAttributeNames()))
      expect(
        [...attributes].filter(attribute => /^(?:on|src|style|xlink)/.test(attribute)),
        name,
      ).toEqual([])
      const addresses = found.flatMap(element => element.getAttribute('href') ?? [])
      expect(addresses.filter(address => !/^(?:data:image\/png;base64,[A-Za-z0-9+/=]+|#part-\d+)$/.test(address)), name).toEqual([]) // prettier-ignore
    }
    const drawn = tags(page).join()
    for (const name of nasty.filter((_, i) => i % 25 === 0)) check(name, hostile(name), drawn)
    const plain = tags(withoutPlots(() => renderReport(report()))).join()
    for (const name of nasty)
      check(
        name,
        withoutPlots(() => hostile(name)),
        plain,
      )
  })

  it('tells a regression with nothing finished', () => {
    const text = parseHTML(renderReport(regression())).document.body.textContent
    expect(text).toContain('No trial has finished.')
    expect(text).toContain('Predicted against actual left')
    expect(text).not.toContain('NaN')
  })
})

import { describe, expect, it } from 'vitest'
import { bestSoFar } from '../../src/charts/index.ts'
import { largestClasses } from '../../src/charts/confusion-matrix.ts'
import { nasty } from '../notebook/nasty.ts'
import { hasPython, python } from '../notebook/python.ts'
import { charts } from './examples.ts'

const LARGEST = 40_000

describe.each(Object.entries(charts))('the chart %s', (_, chart) => {
  it('is drawn as before', () => {
    // Pixels are compressed by the platform's zlib, whose bytes may differ between versions.
    expect(chart('age').replace(/base64,[A-Za-z0-9+/=]+/g, 'base64,…')).toMatchSnapshot()
  })

  it('is small, has a title and a description, and no style, script or address', () => {
    for (const surface of ['inline', 'card'] as const) {
      const svg = chart('age', { surface })
      expect(svg.length).toBeLessThan(LARGEST)
      expect(svg).toMatch(
        /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/,
      )
      expect(svg).not.toMatch(/<style|<script|<foreignObject|href="(?!data:image\/png)|url\(/)
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
      expect(svg.includes('width="100%"')).toBe(surface === 'card')
    }
  })

  it('is the same for the same data', () => {
    expect(chart('age')).toBe(chart('age'))
  })
})

describe('names in charts', () => {
  it.skipIf(!hasPython())('change text and nothing else (needs python3 or GLASSPILOT_PYTHON)', () => {
    const program = `
import json, sys, xml.etree.ElementTree as tree
shape = lambda node: [node.tag, [shape(child) for child in node]]
print(json.dumps([shape(tree.fromstring(svg)) for svg in json.load(sys.stdin)]))`
    // Every name in one kind of chart or another.
    const kinds = Object.entries(charts)
    for (const [k, [kind, chart]] of kinds.entries()) {
      const names = ['age', ...nasty.filter((_, i) => i % kinds.length === k)]
      const [plain, ...shapes] = python(
        program,
        names.map(name => chart(name)),
      ) as unknown[]
      for (const [i, shape] of shapes.entries())
        expect(shape, `${kind} ${JSON.stringify(names[i + 1])}`).toEqual(plain)
    }
  })

  it('never become markup', () => {
    for (const [kind, chart] of Object.entries(charts)) {
      const svg = chart('<script>alert(1)</script>" onload="x')
      expect(svg, kind).not.toMatch(/<script|onload="/)
    }
  })
})

describe('the best so far', () => {
  it('never gets worse and skips what has no score', () => {
    const points = [NaN, 3, 5, 4, NaN, 6].map((score, x) => ({ x, score }))
    expect(bestSoFar({ direction: 'maximize', points })).toEqual([NaN, 3, 5, 5, 5, 6])
    expect(bestSoFar({ direction: 'minimize', points })).toEqual([NaN, 3, 3, 3, 3, 3])
  })
})

describe('a confusion matrix of many classes', () => {
  it('keeps those with most rows, in their order', () => {
    const counts = [[5, 1, 0], [0, 1, 0], [2, 0, 9]] // prettier-ignore
    expect(largestClasses({ labels: ['a', 'b', 'c'], counts }, 2)).toEqual({ labels: ['a', 'c'], counts: [[5, 0], [2, 9]] }) // prettier-ignore
  })
})

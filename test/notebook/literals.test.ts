import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonLiteral, typescriptLiteral } from '../../src/notebook/literals.ts'
import type { Literal } from '../../src/notebook/literals.ts'
import { nasty } from './nasty.ts'
import { hasPython, python } from './python.ts'

const values: Literal[] = [
  ...nasty,
  nasty,
  Object.fromEntries(nasty.map((name, i) => [name, i])),
  JSON.parse('{"__proto__": {"x": 1}, "a": [1, -0.5, 1e300, 5e-324, true, false, null, [], {}]}') as Literal,
  Array.from({ length: 100 }, (_, i) => i),
]

const read = (source: string): unknown => {
  // The one place where rendered text is run on purpose: the literal must be a value and nothing else.
  const evaluate = new Function(`"use strict"; return (${source})`) as () => unknown
  return evaluate()
}

describe('a TypeScript literal', () => {
  it('reads back as the value it was written from', () => {
    for (const value of values) expect(read(typescriptLiteral(value))).toEqual(value)
  })

  it('keeps __proto__ as an ordinary key', () => {
    const value = JSON.parse('{"__proto__": {"x": 1}}') as Literal
    expect(Object.keys(read(typescriptLiteral(value)) as object)).toEqual(['__proto__'])
  })

  it('reads back for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(read(typescriptLiteral(value as Literal))).toEqual(value)
      }),
      { seed: 1 },
    )
  })

  it('never shows a bare < or a line or direction mark', () => {
    for (const text of nasty) {
      expect(typescriptLiteral(text)).not.toMatch(
        /[<\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
      )
    }
  })

  it('writes what is no number by its name', () => {
    expect([NaN, Infinity, -Infinity, -0].map(typescriptLiteral)).toEqual([
      'NaN',
      'Infinity',
      '-Infinity',
      '-0',
    ])
  })
})

describe('a Python literal', () => {
  it.skipIf(!hasPython())(
    'reads back as the value it was written from (needs python3 or GLASSPILOT_PYTHON)',
    () => {
      const program =
        'import ast, json, sys; print(json.dumps([ast.literal_eval(text) for text in json.loads(sys.stdin.read())]))'
      expect(python(program, values.map(pythonLiteral))).toEqual(values)
    },
  )

  it('writes a character beyond the first plane with eight digits, not as two halves', () => {
    expect(pythonLiteral('😀')).toBe('"\\U0001f600"')
  })

  it('writes the names of Python', () => {
    expect([true, false, null, NaN, Infinity, -Infinity, -0].map(pythonLiteral)).toEqual([
      'True', 'False', 'None', 'float("nan")', 'float("inf")', 'float("-inf")', '-0.0',
    ]) // prettier-ignore
  })

  it('stands on one line', () => {
    for (const text of nasty) expect(pythonLiteral(text)).not.toMatch(/[\n\r\u0085\u2028\u2029]/)
  })
})

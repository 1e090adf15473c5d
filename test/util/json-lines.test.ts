import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonFault, readableJson, readPlacedJson } from '../../src/util/json-lines.ts'

const TEXT = `{
  "name": "a",
  "list": [
    1, {"deep": true},

    null
  ],
  "a.b": -1.5e3, "same line": ""
}`

const faultOf = (text: string): { line: number; message: string } => {
  try {
    readPlacedJson(text)
  } catch (error) {
    if (error instanceof JsonFault) return { line: error.line, message: error.message }
    throw error
  }
  throw new Error('no fault')
}

describe('JSON with lines', () => {
  it('reads what JSON.parse reads, and writes it readably, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(60), (value, indent) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown
        expect(readPlacedJson(JSON.stringify(value, null, 2)).value).toEqual(json)
        expect(readPlacedJson(JSON.stringify(value)).value).toEqual(json)
        expect(JSON.parse(readableJson(value, ' '.repeat(indent)))).toEqual(json)
      }),
    )
  })

  it('keeps keys such as __proto__ as keys', () => {
    const { value } = readPlacedJson('{"__proto__": {"x": 1}}')
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('knows the line of every part, and of what is around a part that is missing', () => {
    const { lineOf } = readPlacedJson(TEXT)
    expect([['name'], ['list'], ['list', 0], ['list', 1, 'deep'], ['list', 2], ['a.b'], ['same line']].map(lineOf)).toEqual([2, 3, 4, 4, 6, 8, 8]) // prettier-ignore
    expect([[], ['list', 1, 'other'], ['nothing']].map(lineOf)).toEqual([1, 4, 1])
  })

  it('says on which line it stops being JSON, and why', () => {
    expect(faultOf('{\n  "a": 1,\n  "b": tru\n}')).toEqual({
      line: 3,
      message: 'expected a value, found "tru"',
    })
    expect(faultOf('{\n  "a": 1\n  "b": 2\n}').line).toBe(3)
    expect(faultOf('{\n  "a": 1,\n}')).toEqual({
      line: 3,
      message: 'expected a name in double quotes, found "}"',
    })
    expect(faultOf('[1, 2\n\n').message).toContain('the end of the file')
    expect(faultOf('{"a": 1,\n "a": 2}')).toEqual({ line: 2, message: '"a" stands twice' })
    expect(faultOf('[\n"a\nb"]').line).toBe(2)
    expect(faultOf('01').line).toBe(1)
    expect(faultOf('{} x').message).toContain('expected the end')
    expect(faultOf('['.repeat(10_000)).message).toContain('levels')
  })

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{}",:0-9.eE+\-\\ntruefalse \n]{0,12}$/), text => {
        let theirs: unknown
        try {
          theirs = { value: JSON.parse(text) as unknown }
        } catch {
          expect(() => readPlacedJson(text)).toThrow(JsonFault)
          return
        }
        if (!/"[^"]*"\s*:.*"[^"]*"\s*:/s.test(text))
          expect({ value: readPlacedJson(text).value }).toEqual(theirs)
      }),
      { numRuns: 2000 },
    )
  })
})

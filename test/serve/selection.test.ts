import { describe, expect, it } from 'vitest'
import { parseSelection } from '../../src/serve/selection.ts'

const names = ['id', 'age', "it's", 'a, b', 'last one']

describe('filters of records', () => {
  it.each([
    ['$', [0, 1, 2, 3, 4]],
    ['$[*]', [0, 1, 2, 3, 4]],
    ['$[1]', [1]],
    ['$[-1]', [4]],
    ['$[1:]', [1, 2, 3, 4]],
    ['$[:2]', [0, 1]],
    ['$[1:-1]', [1, 2, 3]],
    ['$[-2:]', [3, 4]],
    ['$[0:5:2]', [0, 2, 4]],
    ['$[3:1]', []],
    ['$[0:99]', [0, 1, 2, 3, 4]],
    ['$[4,0]', [4, 0]],
    ['$[0, -1]', [0, 4]],
    ['$.age', [1]],
    ["$['id']", [0]],
    ["$['it\\'s', \"a, b\"]", [2, 3]],
    [" $['last one',0] ", [4, 0]],
  ])('%s', (path, places) => {
    expect(parseSelection(path)(names)).toEqual(places)
  })

  it.each([
    '',
    'age',
    '$age',
    '$[',
    '$[]',
    '$[a]',
    '$[1,]',
    '$[,1]',
    '$..age',
    '$[?(@.a)]',
    '$[0:2:0]',
    '$.a.b',
    "$['a' 'b']",
  ])('%s is refused', path => expect(() => parseSelection(path)).toThrow('is not understood'))

  it('refuses what is not there', () => {
    expect(() => parseSelection('$[5]')(names)).toThrow('asks for cell 5 of a record that has 5 cells')
    expect(() => parseSelection('$[-6]')(names)).toThrow('cell -6')
    expect(() => parseSelection('$.name')(names)).toThrow('asks for column "name"')
  })
})

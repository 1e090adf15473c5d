import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms } from '../src/algorithms/index.ts'

// Lower lines first. A file imports from its own room or from a lower line: never beside, never above.
const LAYERS = [
  'util',
  'kernels',
  'data params onnx',
  'metrics models split neural',
  'transforms algorithms',
  'profile pipeline',
  'candidates tune',
  'experiment',
  'backends explain charts',
  'notebook report artifact serve',
  'job',
  'api studio',
  'cli',
].map(line => line.split(' '))

const src = resolve(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.startsWith('kernels/assembly') && file !== 'index.ts')
  .sort()
const room = (file: string) => file.split('/')[0]!
const layerOf = (file: string) => LAYERS.findIndex(rooms => rooms.includes(room(file)))
const read = (file: string) => readFileSync(join(src, file), 'utf8')
const importsOf = (file: string) =>
  [...read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(match =>
    relative(src, resolve(src, dirname(file), match[1]!)),
  )

describe('the house', () => {
  it.each(files)('%s stands in a room and imports downward', file => {
    expect(layerOf(file)).toBeGreaterThanOrEqual(0)
    expect(importsOf(file).filter(to => room(to) !== room(file) && layerOf(to) >= layerOf(file))).toEqual([])
  })

  it.each(algorithms.map(algorithm => algorithm.name))(
    'algorithm %s is named in its own file and nowhere else',
    name => {
      // What was learnt from fits of all learners is data, written by a bench.
      const written = files.filter(file => file !== 'candidates/portfolio-data.ts')
      const named = written.filter(file => read(file).includes(`'${name}'`))
      expect(named.filter(file => !file.startsWith('algorithms/'))).toEqual([])
      expect(named).toHaveLength(1)
    },
  )

  it('serving needs neither algorithms nor search', () => {
    const closure = new Set<string>()
    const walk = (file: string) => {
      if (closure.has(file) || !files.includes(file)) return
      closure.add(file)
      importsOf(file).forEach(walk)
    }
    files.filter(file => room(file) === 'serve').forEach(walk)
    expect(
      [...closure].filter(file => ['algorithms', 'tune', 'experiment', 'candidates'].includes(room(file))),
    ).toEqual([])
  })

  it('knows nothing of where test data lies', () => {
    expect(files.filter(file => /\.\.\/shared/.test(read(file)))).toEqual([])
  })
})

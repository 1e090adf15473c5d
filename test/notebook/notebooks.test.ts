import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { candidateDefinitionCells } from '../../src/notebook/candidate-definition.ts'
import { renderNotebooks } from '../../src/notebook/index.ts'
import type { NotebookInput, NotebookLanguage } from '../../src/notebook/index.ts'
import { withoutPlots } from '../helpers/drawing.ts'
import { example, pictureExample } from './example.ts'
import { nasty } from './nasty.ts'
import { hasPython, python } from './python.ts'
import { faults, sources } from './structure.ts'

vi.mock('../../src/charts/document.ts', async original => {
  const { plotsOrNot } = await import('../helpers/drawing.ts')
  return plotsOrNot(await original())
})

const LANGUAGES: readonly NotebookLanguage[] = ['python', 'typescript']
const [exploration, definition] = [0, 1]
const render = (input: NotebookInput, language: NotebookLanguage = 'python') =>
  renderNotebooks(input, { language }).map(file => file.json)
const named = (name: string) =>
  example({
    column: name,
    other: `${name}2`,
    target: name,
    label: name,
    experiment: name,
    dataset: name,
    cell: name,
  })

// Rendered once for all the tests that look at them.
const hostile = new Map<string, string[]>()
const renderNamed = (name: string) => {
  const known = hostile.get(name) ?? withoutPlots(() => render(named(name)))
  hostile.set(name, known)
  return known
}
const inputs: readonly (readonly [string, NotebookInput])[] = [
  ['a trained experiment', example()],
  ['pictures, nothing trained', pictureExample()],
]
const everything = inputs.flatMap(([, input]) => LANGUAGES.flatMap(language => render(input, language)))

describe('notebooks', () => {
  it('are two files with stable names', () => {
    expect(renderNotebooks(example()).map(file => file.fileName)).toEqual([
      'GlasspilotDataExplorationNotebook.ipynb',
      'GlasspilotCandidateDefinitionNotebook.ipynb',
    ])
  })

  it('have one exploration and a candidate notebook for each language', () => {
    const [python, typescript] = LANGUAGES.map(language => renderNotebooks(example(), { language }))
    expect(typescript![0]).toEqual(python![0])
    expect(typescript![1]!.fileName).toBe('GlasspilotCandidateDefinitionNotebook-TypeScript.ipynb')
  })

  it('have the structure of nbformat 4.5', () => {
    for (const json of everything) expect(faults(json)).toEqual([])
  })

  it.skipIf(!hasPython('nbformat'))('satisfy nbformat itself (needs nbformat in GLASSPILOT_PYTHON)', () => {
    const program =
      'import json, sys, nbformat\nfor text in json.load(sys.stdin): nbformat.validate(nbformat.reads(text, 4))\nprint("null")'
    expect(
      python(program, [...everything, ...nasty.filter((_, i) => i % 8 === 0).flatMap(renderNamed)]),
    ).toBeNull()
  })

  it('are the same bytes for the same input', () => {
    expect(render(example())).toEqual(render(example()))
  })

  it('explore without a single code cell', () => {
    for (const [, input] of inputs) expect(sources(render(input)[exploration]!, 'code')).toEqual([])
  })

  it('embed whole pictures', () => {
    const pictures = everything.flatMap(json =>
      [...json.matchAll(/data:image\/svg\+xml;base64,([^\\"]*)/g)].map(match =>
        Buffer.from(match[1]!, 'base64').toString(),
      ),
    )
    expect(pictures.length).toBeGreaterThan(15)
    for (const svg of pictures) expect(svg).toMatch(/^<svg [^]*<\/svg>$/)
  })

  it('tell every name, range and reason of a candidate', () => {
    const text = sources(render(example())[definition]!, 'markdown').join('\n')
    for (const word of [
      'dpp0-trees',
      'one-hot (maxCategories = 100) beside indicator',
      '64 to 1024, whole',
      'booster is dropout',
    ]) {
      expect(text).toContain(word)
    }
  })

  it('write long lists of columns once', () => {
    const code = sources(render(example())[definition]!, 'code').join('\n')
    expect(code.match(/"pixel29"/g)).toHaveLength(1)
    expect(code).toContain('"columns": "list-1"')
  })

  it.each(LANGUAGES)('read as before in %s', language => {
    const [first, second] = render(example(), language)
    const text = (json: string) =>
      (['markdown', 'code'] as const)
        .map(type => sources(json, type).join('\n\n-----\n\n'))
        .join('\n\n=====\n\n')
    expect(
      `${text(first!)}\n\n#####\n\n${text(second!)}`.replace(/base64,[A-Za-z0-9+/=]+/g, 'base64,…'),
    ).toMatchSnapshot()
  })
})

describe('names from outside', () => {
  it.skipIf(!hasPython())(
    'change constants of the Python code and nothing else (needs python3 or GLASSPILOT_PYTHON)',
    () => {
      const program = `
import ast, json, sys
class Blank(ast.NodeTransformer):
    def visit_Constant(self, node): return ast.Constant(type(node.value).__name__)
shape = lambda text: ast.dump(Blank().visit(ast.parse(text)))
print(json.dumps([[shape(cell) for cell in cells] for cells in json.load(sys.stdin)]))`
      const cells = ['plain', ...nasty].map(name => sources(renderNamed(name)[definition]!, 'code'))
      const [benign, ...shapes] = python(program, cells) as string[][]
      for (const [i, shape] of shapes.entries()) expect(shape, JSON.stringify(nasty[i])).toEqual(benign)
    },
    300_000,
  )

  it('change string literals of the TypeScript code and nothing else', () => {
    // Line breaks follow the length of a name, so white space and commas are left out of the comparison.
    const blank = (text: string) => text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""').replace(/[\s,]/g, '')
    const shape = (name: string) =>
      withoutPlots(() => candidateDefinitionCells(named(name), 'typescript'))
        .filter(cell => cell.type === 'code')
        .map(cell => blank(cell.source))
    const plain = shape('plain')
    for (const name of nasty) expect(shape(name), JSON.stringify(name)).toEqual(plain)
  })

  it('bring no HTML into markdown', () => {
    for (const name of nasty) {
      for (const json of renderNamed(name)) {
        const tags = sources(json, 'markdown')
          .join('\n')
          .replace(/```sh[^]*?```/g, '')
          .match(/<[^>\s][^>]*>?/g)
        for (const tag of tags ?? [])
          expect(tag, JSON.stringify(name)).toMatch(
            /^<img alt="[A-Za-z ]+" src="data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+">$/,
          )
      }
    }
  })

  it('leave every table its columns', () => {
    const widths = (json: string) =>
      sources(json, 'markdown')
        .flatMap(text => text.split('\n').filter(line => line.startsWith('|')))
        .map(line => line.split('|').length)
    const plain = renderNamed('plain').map(widths)
    for (const name of nasty) expect(renderNamed(name).map(widths), JSON.stringify(name)).toEqual(plain)
  })
})

describe('TypeScript cells', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-cells-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('pass the type checker', () => {
    const root = resolve(import.meta.dirname, '../..')
    const inputs = [example(), pictureExample(), ...nasty.filter((_, i) => i % 20 === 0).map(named)]
    const files = inputs.map((input, i) => {
      const file = join(folder, `cells${i}.ts`)
      writeFileSync(file, sources(render(input, 'typescript')[definition]!, 'code').join('\n'))
      return file
    })
    const options = {
      strict: true, noEmit: true, target: 'ES2023', module: 'ESNext', moduleResolution: 'bundler', skipLibCheck: true,
      allowImportingTsExtensions: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')],
      paths: { glasspilot: [join(root, 'src/candidates/candidate.ts')] },
    } // prettier-ignore
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
    const done = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
    expect(done.stdout).toBe('')
    expect(done.status).toBe(0)
  })
})

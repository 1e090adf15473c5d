import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../src/notebook/template.ts'

const shape = { name: 'text', rows: [{ cell: 'text' }], any: 'flag', chart: 'image' } as const
const parse = (source: string) => parseTemplate(source, 'markdown', shape, 'test.md.mustache')

describe('a cell template', () => {
  it('renders declared names, sections and lists', () => {
    const template = parse('{{name}}:{{#rows}} [{{cell}}]{{/rows}}{{^any}} none{{/any}} {{chart}}')
    expect(
      template.render({
        name: 'a*b',
        rows: [{ cell: '1' }, { cell: '<2>' }],
        any: false,
        chart: { base64: 'QQ==' },
      }),
    ).toBe('a&#42;b: [1] [&#60;2&#62;] none QQ==')
  })

  it.each([
    ['{{{name}}}', 'an unescaped triple tag'],
    ['{{&name}}', 'an unescaped ampersand tag'],
    ['{{>other}}', 'a partial'],
    ['{{=<% %>=}}<% name %>', 'a change of delimiters'],
    ['{{nam}}', 'a name that is not declared'],
    ['{{constructor}}', 'a name every object has'],
    ['{{name.length}}', 'a path'],
    ['{{#rows}}{{nam}}{{/rows}}', 'an undeclared name inside a list'],
    ['{{cell}}', 'a name of a list outside of it'],
    ['{{any}}', 'a flag shown as text'],
    ['{{#name}}x{{/name}}', 'a text used as a section'],
    ['{{rows}}', 'a list shown as text'],
  ])('%s is refused: %s', source => {
    expect(() => parse(source)).toThrow(/^template test\.md\.mustache has/)
  })

  it('refuses a picture that is not base64', () => {
    const template = parse('{{chart}}')
    expect(() =>
      template.render({ name: '', rows: [], any: false, chart: { base64: '"><script>' } }),
    ).toThrow('base64')
  })

  it('writes literals into code and nothing else', () => {
    const template = parseTemplate('x = {{value}}', 'python', { value: 'literal' }, 'test.py.mustache')
    expect(template.render({ value: { '{{a}}': ['"', null] } })).toBe('x = {"{{a}}": ["\\"", None]}')
    expect(() => parseTemplate('{{value}}', 'python', { value: 'text' }, 'test.py.mustache')).toThrow(
      'declared as literal',
    )
  })
})

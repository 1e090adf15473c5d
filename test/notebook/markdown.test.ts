import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { markdownText } from '../../src/notebook/markdown.ts'
import { nasty } from './nasty.ts'
import { hasPython, python } from './python.ts'

// Every renderer decodes character references; what is left must be the text itself.
const decoded = (markdown: string) =>
  parseHTML(`<html><body><p>${markdown}</p></body></html>`).document.querySelector('p')!.textContent

describe('text in markdown', () => {
  it('leaves ordinary text alone', () => {
    for (const text of ['age', 'median (house) value, 2.5 %', 'snake_case_name', 'größe 売上', "it's 3:45"]) {
      expect(markdownText(text)).toBe(text)
    }
  })

  it('has no character that opens markup, HTML, a formula or a table cell', () => {
    for (const text of nasty) {
      const bare = markdownText(text)
        .replace(/`[$\\]+`/g, '')
        .replace(/&#\d+;/g, '')
      expect(bare, JSON.stringify(text)).not.toMatch(/[<>&*{}[\]|@~`$\\\n\r\u0000-\u001f\u202a-\u202e]/)
    }
  })

  it('still shows the same text, but for marks of control', () => {
    const visible = nasty.filter(
      text =>
        !/[\u0000-\u001f\u007f-\u00a0\u2028-\u202e\u2066-\u2069\ud800-\udfff]/.test(text) &&
        text.length < 400,
    )
    expect(visible.length).toBeGreaterThan(100)
    for (const text of visible) expect(decoded(markdownText(text)).replace(/`([$\\]+)`/g, '$1')).toBe(text)
  })

  it.skipIf(!hasPython('mistune'))(
    'renders to one paragraph of text (needs mistune in GLASSPILOT_PYTHON)',
    () => {
      const program =
        'import json, sys, mistune\nrender = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])\nprint(json.dumps([render(text) for text in json.loads(sys.stdin.read())]))'
      const pages = python(
        program,
        nasty.map(text => `x ${markdownText(text)} y`),
      ) as string[]
      for (const [i, page] of pages.entries()) {
        expect(page.replace(/<\/?(?:p|code)>/g, ''), JSON.stringify(nasty[i])).not.toMatch(/<[a-z/!]/i)
      }
    },
  )
})

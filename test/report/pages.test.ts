import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderReport } from '../../src/report/index.ts'
import { renderProfilePage } from '../../src/report/profile-page.ts'
import { findChromium, openBrowser, type Browser, type Looked } from '../helpers/browser.ts'
import { example, pictureExample } from '../notebook/example.ts'
import { regression, report } from './example.ts'

// Pages as a browser shows them.
const chromium = findChromium()
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-pages-'))
const long = 'a name of a column that somebody wrote as a whole sentence, for good reasons'
const names = (text: string) => ({
  column: text,
  other: `${text}2`,
  target: text,
  label: text,
  experiment: text,
  dataset: text,
  cell: text,
})
const pages: Readonly<Record<string, () => string>> = {
  'a report': () => renderReport(report()),
  'a report of long names': () => renderReport(report(names(long))),
  'a report of one endless word': () => renderReport(report(names('x'.repeat(300)))),
  'a report of markup': () => renderReport(report(names('"><script>alert(1)</script><img src=//x.test onerror=alert(1)>'))), // prettier-ignore
  'a report of a regression': () => renderReport(regression()),
  'a profile': () => renderProfilePage(example().profile),
  'a profile of pictures': () => renderProfilePage(pictureExample().profile, pictureExample().images),
}
const fine: Looked = { console: [], requests: [], overflow: 0, faults: [], pictures: [] }

describe.skipIf(!chromium)('in a browser (needs Chromium on the path or GLASSPILOT_CHROMIUM)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(chromium!)
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })
  const page = (name: string, html: string) => {
    const file = join(folder, `${name}.html`)
    writeFileSync(file, html)
    return file
  }

  it.each(Object.entries(pages))('%s is quiet, fits and can be read, wide and narrow, in light and dark', async (name, render) => {
    const file = page(name, render())
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 400]) expect(await browser.look(file, { width, scheme }), `${scheme} ${width}`).toEqual(fine)
    }
  }) // prettier-ignore

  it.each(Object.entries(pages))('%s prints', async (name, render) => {
    const paper = await browser.print(page(name, render()))
    expect(paper.subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('sees what is wrong with a page', async () => {
    const bad = `<!doctype html><meta http-equiv="Content-Security-Policy" content="img-src data:"><body style="background:#fff">
      <p style="color:#eee">pale</p><div style="width:900px">wide</div><img src="http://x.test/a.png">
      <svg width="100" height="50"><title>t</title><text x="90" y="20">cut off</text><text x="10" y="20">over</text><text x="12" y="21">over</text></svg>`
    const found = await browser.look(page('bad', bad), { width: 400, scheme: 'light' })
    expect(found.overflow).toBeGreaterThan(400)
    expect(found.console.join()).toContain('Content Security Policy')
    expect(found.faults.map(fault => fault.replace(/[\d.]+/g, '#'))).toEqual([
      '“pale” has a contrast of #',
      '“cut off” is cut off by # px in t',
      '“over” lies over “over” in t',
    ])
    const asking = await browser.look(page('asking', '<img src="http://127.0.0.1:9/a.png">'), { width: 400, scheme: 'light' }) // prettier-ignore
    expect(asking.requests).toEqual(['http://127.0.0.1:9/a.png'])
  })
})

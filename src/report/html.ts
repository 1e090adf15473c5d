import { createHash } from 'node:crypto'
import { printable } from '../util/text.ts'

/** HTML that was made here. Everything else that goes into a page is text and is escaped. */
export interface Markup {
  readonly markup: string
}

type Part = string | Markup | readonly Markup[] | undefined

const escapeHtml = (text: string) =>
  Buffer.from(printable(text))
    .toString()
    .replace(/[&<>"'`=]/g, character => `&#${character.charCodeAt(0)};`)

function write(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escapeHtml(part)
  return 'markup' in part ? part.markup : part.map(item => item.markup).join('')
}

/** A template whose values are escaped, unless they are markup themselves. */
export const fragment = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: strings.map((text, i) => text + write(parts[i])).join(''),
})

/** A picture wider than this is not made smaller on a narrow screen: it is scrolled. */
const BROAD = 520

/** A picture as the charts write it, with every name in it already escaped, under its own title. */
export function captioned(picture: string): Markup {
  const [, title = ''] = /<title>([^<]*)<\/title>/.exec(picture) ?? []
  const [, width = '0'] = /^<svg [^>]*?width="(\d+)/.exec(picture) ?? []
  return {
    markup: `<div class="chart${Number(width) > BROAD ? ' broad" tabindex="0' : ''}"><p class="caption">${title}</p>${picture}</div>`,
  }
}

/** The headings of a page get places to go to, and a list of them stands before the first. Text from outside holds no tags. */
export function withContents({ markup }: Markup): Markup {
  const [before = '', ...parts] = markup.split('<h2>')
  const headings = parts.map(part => part.slice(0, part.indexOf('</h2>')).trim())
  const links = headings.map((heading, i) => `<a href="#part-${i + 1}">${heading}</a>`)
  const placed = parts.map((part, i) => `<h2 id="part-${i + 1}">${part}`)
  return { markup: `${before}<nav aria-label="Contents">${links.join(' ')}</nav>\n${placed.join('')}` }
}

/** A table of more columns keeps each row on one line. */
const WIDE = 8

/** A table; cells are text. Columns whose name starts with `#` are numbers and stand at the right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): Markup {
  const numeric = columns.map(name => name.startsWith('#'))
  const cell = (text: string, i: number) =>
    numeric[i] ? fragment`<td class="number">${text}</td>` : fragment`<td>${text}</td>`
  return fragment`<div class="${columns.length > WIDE ? 'scroll wide' : 'scroll'}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map(name => fragment`<th scope="col" class="${name.startsWith('#') ? 'number' : 'text'}">${name.replace(/^#/, '')}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          row =>
            fragment`<tr>
              ${row.map(cell)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d0d7de; --ground: #ffffff; --box: #f6f8fa; --high: #c0340a; --medium: #c69026; --link: #0a58ca; --shade: rgba(31, 35, 40, .18) }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ea7b0; --line: #3d444d; --ground: #0d1117; --box: #161b22; --high: #ff7b54; --medium: #d4a72c; --link: #79b8ff; --shade: rgba(255, 255, 255, .2) } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); overflow-wrap: anywhere }
h1 { font-size: 1.7rem; margin: 0 0 .3rem } h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line) } h3 { font-size: 1rem; margin: 0 }
p { margin: .5rem 0 } .soft { color: var(--soft) }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0 }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal }
.wide td { white-space: nowrap; max-width: 22rem; overflow: hidden; text-overflow: ellipsis }
td.number { white-space: nowrap } .number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto; display: block; margin: .2rem 0 .8rem }
.row { display: flex; flex-wrap: wrap; gap: 1rem } .chart { min-width: 0 } .row > .chart { flex: 0 1 auto } .pair > .chart { flex: 0 1 29rem }
@media (max-width: 40rem) { .broad { overflow-x: auto } .broad > svg { max-width: none } }
.scroll, .broad { background: linear-gradient(to right, var(--ground) 50%, transparent) left / 2.5rem 100% no-repeat local, linear-gradient(to left, var(--ground) 50%, transparent) right / 2.5rem 100% no-repeat local, linear-gradient(to right, var(--shade), transparent) left / .8rem 100% no-repeat scroll, linear-gradient(to left, var(--shade), transparent) right / .8rem 100% no-repeat scroll }
nav { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 1rem 0 0; font-size: .9rem } a { color: var(--link) }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .7rem; margin: 1rem 0 }
.facts div { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem } .facts b { display: block; font-size: 1.15rem }
.insight { border-left: 4px solid var(--line); background: var(--box); padding: .6rem .9rem; margin: .7rem 0 } .insight.high { border-color: var(--high) } .insight.medium { border-color: var(--medium) }
.verdict { border-left: 4px solid var(--high); padding: .3rem .9rem; background: var(--box) } .verdict.better { border-color: #009e73 }
.action { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem }
code { background: var(--box) }
.caption { margin: .8rem 0 .2rem; font-size: .85rem; font-weight: 600 }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .7rem; overflow-x: auto; white-space: pre-wrap }
@media print {
  :root { color-scheme: light; --ink: #000; --ground: #fff; --box: #fff; --soft: #333; --line: #bbb; --link: #000 }
  @page { margin: 14mm }
  body { max-width: none; padding: 0; font-size: 10.5pt } nav { display: none }
  h2, h3, .caption { break-after: avoid } tr, .chart, .insight, .facts, .verdict { break-inside: avoid }
  .scroll, .broad { overflow: visible; background: none } .wide td { white-space: normal; max-width: none } .wide td:not(.number) { overflow-wrap: anywhere } .wide table { font-size: 7.5pt } .wide th, .wide td { padding-right: .4rem }
  .row { display: block } .row > .chart { display: inline-block; max-width: 49%; vertical-align: top }
}
`

/** A whole page that loads nothing: its policy allows the one style below, by hash, and pictures inside the file. */
export function page(title: string, body: Markup): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`
  return fragment`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${{ markup: policy }}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>${{ markup: STYLE }}</style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.markup
}

import { plot } from '@observablehq/plot'
import type { PlotOptions } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { printable } from '../util/text.ts'

export interface ChartOptions {
  /**
   * `inline` (default): transparent, text in the colour of the page around it. `card`: dark text on its own light
   * ground, for places where the picture cannot see the page (an `<img>` in a notebook).
   */
  readonly surface?: 'inline' | 'card'
}

export interface Picture extends ChartOptions {
  /** What the picture is, for people who cannot see it and for tool tips. */
  readonly title: string
  /** What it shows, in a sentence. */
  readonly description: string
}

const { document } = parseHTML('<!doctype html><html><body></body></html>')
const SVG = 'http://www.w3.org/2000/svg'
const FONT_SIZE = 11
const MARGIN_BOTTOM = 38 // room for figures and, under them, what they are of
const INK = '#24292f'
const CARD = '#ffffff'

/** Draws a plot as SVG text. Same options, same text: nothing in it depends on time, machine or chance. */
export function draw(options: PlotOptions, picture: Picture): string {
  const root = plot({
    marginBottom: MARGIN_BOTTOM,
    ...options,
    document,
  } as PlotOptions) as unknown as SvgNode
  root.setAttribute('font-size', String(FONT_SIZE))
  return finish(root, picture)
}

/** An empty SVG of that size, for pictures that are not plots. */
export function canvas(width: number, height: number): SvgNode {
  return element('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'font-family': 'system-ui, sans-serif',
    'font-size': FONT_SIZE,
    fill: 'currentColor',
  })
}

export function element(name: string, attributes: Readonly<Record<string, string | number>>): SvgNode {
  const node = document.createElementNS(SVG, name) as unknown as SvgNode
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  return node
}

/** Adds title, description and ground, and writes the tree. */
export function finish(root: SvgNode, { title, description, surface = 'inline' }: Picture): string {
  root.querySelectorAll('style').forEach(style => style.remove())
  root.removeAttribute('class')
  root.removeAttribute('aria-label')
  root.setAttribute('xmlns', SVG)
  root.setAttribute('role', 'img')
  if (surface === 'card') {
    root.setAttribute('color', INK)
    root.prepend(element('rect', { width: '100%', height: '100%', rx: 4, fill: CARD }))
  }
  for (const [name, text] of [
    ['desc', description],
    ['title', title],
  ] as const) {
    const node = element(name, {})
    node.textContent = text
    root.prepend(node)
  }
  return write(root)
}

/** A name as a picture may show it: one line, no control characters, at most `length` characters. */
export function label(text: string, length = 24): string {
  const line = wellFormed(printable(text).replace(/\s+/g, ' '))
  const characters = [...line]
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : line
}

/** Labels kept apart by a counter where shortening made them equal: a scale must not merge two of them. */
export function labels(texts: readonly string[], length = 24): string[] {
  const seen = new Map<string, number>()
  return texts.map(text => {
    const short = label(text, length)
    const times = (seen.get(short) ?? 0) + 1
    seen.set(short, times)
    return times === 1 ? short : `${short} (${times})`
  })
}

/** The part of the DOM used here. */
export interface SvgNode {
  readonly nodeType: number
  readonly localName: string
  textContent: string
  readonly attributes: ArrayLike<{ readonly name: string; readonly value: string }>
  readonly childNodes: ArrayLike<SvgNode>
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  prepend(node: SvgNode): void
  append(...nodes: SvgNode[]): void
  remove(): void
  querySelectorAll(selector: string): SvgNode[]
}

const TEXT_NODE = 3
const ELEMENT_NODE = 1

// linkedom writes attributes as HTML does, with bare < and &, which is not XML. This writer escapes both places alike.
function write(node: SvgNode): string {
  if (node.nodeType === TEXT_NODE) return escapeXml(node.textContent)
  if (node.nodeType !== ELEMENT_NODE) return ''
  const attributes = Array.from(
    node.attributes,
    ({ name, value }) => ` ${name}="${escapeXml(shorten(name, value))}"`,
  )
  const children = Array.from(node.childNodes, write).join('')
  const name = node.localName
  return children === ''
    ? `<${name}${attributes.join('')}/>`
    : `<${name}${attributes.join('')}>${children}</${name}>`
}

const GEOMETRY = new Set([
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'r',
  'width',
  'height',
  'd',
  'transform',
])

/** Coordinates to a hundredth of a pixel: nobody sees the rest, and files stay small. */
const shorten = (name: string, value: string) =>
  GEOMETRY.has(name)
    ? value.replace(/-?(?<!\d)\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2))))
    : value

const escapeXml = (text: string) =>
  wellFormed(text)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

/** Half a surrogate pair cannot be written in UTF-8: it becomes U+FFFD. */
const wellFormed = (text: string) => Buffer.from(text).toString()

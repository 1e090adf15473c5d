import type { ChartOptions } from '../charts/index.ts'
import type { NotebookInput, NotebookLanguage } from './input.ts'
import type { Cell } from './nbformat.ts'
import { loadTemplate } from './template.ts'
import type { Base64, CellLanguage, CellTemplate, Shape, ViewOf } from './template.ts'

/** Templates are read when first used: a program that renders no notebook reads none. */
function lazy<S extends Shape>(file: string, shape: S) {
  const loaded = new Map<CellLanguage, CellTemplate<S>>()
  return (language: CellLanguage): CellTemplate<S> => {
    const template = loaded.get(language) ?? loadTemplate(file, language, shape)
    loaded.set(language, template)
    return template
  }
}

/** A markdown cell from `templates/notebooks/<folder>/<name>.md.mustache`; its id is the name unless told. */
export function markdownCell<const S extends Shape>(folder: string, name: string, shape: S) {
  const template = lazy(`${folder}/${name}`, shape)
  return (view: ViewOf<S>, id: string = name): Cell => ({
    id,
    type: 'markdown',
    source: template('markdown').render(view),
  })
}

/** A code cell from `<name>.py.mustache` or `<name>.ts.mustache`; its id is `<name>-code` unless told. */
export function codeCell<const S extends Shape>(folder: string, name: string, shape: S) {
  const template = lazy(`${folder}/${name}`, shape)
  return (language: NotebookLanguage, view: ViewOf<S>, id = `${name}-code`): Cell => ({
    id,
    type: 'code',
    source: template(language).render(view),
  })
}

/** One markdown cell of a notebook that is all sections, or nothing where there is nothing to tell. */
export type Section = (input: NotebookInput) => Cell | undefined

export function section<const S extends Shape>(
  folder: string,
  name: string,
  shape: S,
  view: (input: NotebookInput) => ViewOf<S> | undefined,
): Section {
  const cell = markdownCell(folder, name, shape)
  return input => {
    const shown = view(input)
    return shown && cell(shown)
  }
}

/**
 * A chart as it goes into `<img src="data:image/svg+xml;base64,…">`. Of the ways to carry SVG in a notebook this is the
 * one that is shown without trust and without a kernel: an untrusted SVG output is withheld, an SVG attachment refused,
 * and a bare `<svg>` cut out by the sanitisers.
 */
export const picture = <T>(chart: (data: T, options: ChartOptions) => string, data: T): Base64 => ({
  base64: Buffer.from(chart(data, { surface: 'card' })).toString('base64'),
})

/** Where a section has no picture to show. */
export const noPicture: Base64 = { base64: '' }

import { sha256 } from '../util/files.ts'

/** How a report was asked for. */
export interface Asked {
  readonly fast?: boolean
  readonly sensitive?: string
}

interface Seal extends Asked {
  /** SHA-256 of the page before the seal, and of the figures beside it. */
  readonly page: string
  readonly figures: string
}

const SEAL = /<!-- seal (\{[^\n]*\}) -->\n$/

/** A page that can tell later whether it and its figures are whole, and how they were asked for. Nothing in the seal ends a comment. */
export function sealed(html: string, json: string, asked: Asked): string {
  const seal: Seal = { ...asked, page: sha256(html), figures: sha256(json) }
  const text = JSON.stringify(seal).replace(
    /[<>&-]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${html}<!-- seal ${text} -->\n`
}

/** What the seal of a page says: how it was asked for, and whether page and figures are as they were written; undefined without one. */
export function checkSeal(
  page: string,
  figures: string | undefined,
): { readonly asked: Asked; readonly isWhole: boolean } | undefined {
  const found = SEAL.exec(page)
  if (!found) return undefined
  try {
    const { page: ofPage, figures: ofFigures, ...asked } = JSON.parse(found[1]!) as Seal
    const isWhole =
      sha256(page.slice(0, found.index)) === ofPage && figures !== undefined && sha256(figures) === ofFigures
    return { asked, isWhole }
  } catch {
    return undefined
  }
}

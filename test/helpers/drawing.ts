type Document = typeof import('../../src/charts/document.ts')

let isOn = true

/**
 * The charts' own document, which leaves plots out of pictures while told to: hundreds of names need not be drawn in every
 * picture, title and description hold them too. For `vi.mock('…/src/charts/document.ts', …)`.
 */
export const plotsOrNot = (document: Document): Document => ({
  ...document,
  draw: (options, picture) =>
    isOn ? document.draw(options, picture) : document.finish(document.canvas(9, 9), picture),
})

/** What a call gives with plots left out of its pictures. */
export function withoutPlots<T>(render: () => T): T {
  isOn = false
  try {
    return render()
  } finally {
    isOn = true
  }
}

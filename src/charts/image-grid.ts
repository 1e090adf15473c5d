import { canvas, element, finish, label } from './document.ts'
import type { ChartOptions } from './document.ts'
import { encodePng } from './png.ts'

export interface ImageGridData {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** Pixels as they stand in the columns, in any range; NaN is black. */
  readonly images: readonly { readonly label: string; readonly pixels: ArrayLike<number> }[]
}

const PER_ROW = 10
const GAP = 8
const CAPTION = 14

/** Rows of the table as the pictures they are, each over its label. */
export function imageGrid(data: ImageGridData, options: ChartOptions = {}): string {
  const { height, width, images } = data
  const perRow = Math.min(PER_ROW, Math.max(1, images.length))
  const scale = Math.max(1, Math.round(52 / Math.max(width, height)))
  const cellWidth = width * scale + GAP
  const cellHeight = height * scale + GAP + CAPTION
  const lines = Math.ceil(images.length / perRow)
  const root = canvas(perRow * cellWidth + GAP, lines * cellHeight + GAP)
  root.setAttribute('text-anchor', 'middle')
  const { low, high } = range(images)
  images.forEach(({ label: text, pixels }, i) => {
    const x = GAP + (i % perRow) * cellWidth
    const y = GAP + Math.floor(i / perRow) * cellHeight
    const values = Uint8Array.from({ length: height * width * data.channels }, (_, at) =>
      Math.round((255 * (Math.min(high, Math.max(low, finite(pixels[at]!, low))) - low)) / (high - low)),
    )
    const png = encodePng({ ...data, values })
    root.append(
      element('image', {
        x,
        y,
        width: width * scale,
        height: height * scale,
        'image-rendering': 'pixelated',
        href: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
      }),
    )
    const caption = element('text', { x: x + (width * scale) / 2, y: y + height * scale + CAPTION - 3 })
    caption.textContent = label(text, 8)
    root.append(caption)
  })
  return finish(root, {
    title: 'Image samples',
    description: `${images.length} rows drawn as ${height} × ${width} pictures over their label.`,
    ...options,
  })
}

const finite = (value: number, fallback: number) => (Number.isFinite(value) ? value : fallback)

function range(images: ImageGridData['images']): { low: number; high: number } {
  let low = 0
  let high = 1
  for (const { pixels } of images) {
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i]! < low) low = pixels[i]!
      if (pixels[i]! > high) high = pixels[i]!
    }
  }
  return { low, high }
}

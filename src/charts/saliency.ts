import { canvas, element, finish, label } from './document.ts'
import type { ChartOptions, SvgNode } from './document.ts'
import { diverging } from './palette.ts'
import { encodePng } from './png.ts'

export interface SaliencyData {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly images: readonly {
    /** Actual and predicted class, in words. */
    readonly label: string
    /** As they stand in the columns; NaN is black. */
    readonly pixels: ArrayLike<number>
    /** Per pixel, row after row: how much the answer loses when it is covered. */
    readonly weights: ArrayLike<number>
  }[]
}

const PER_ROW = 5
const GAP = 10
const CAPTION = 14
const SIDE = 52

/** Pictures, each beside the map of what its answer hangs on: orange where covering takes from the answer, blue where it adds. */
export function saliency(data: SaliencyData, options: ChartOptions = {}): string {
  const { height, width, images } = data
  const perRow = Math.min(PER_ROW, Math.max(1, images.length))
  const scale = Math.max(1, Math.round(SIDE / Math.max(width, height)))
  const [shownWidth, shownHeight] = [width * scale, height * scale]
  const cellWidth = 2 * shownWidth + 2 + GAP
  const cellHeight = shownHeight + GAP + CAPTION
  const lines = Math.ceil(images.length / perRow)
  const root = canvas(perRow * cellWidth + GAP, lines * cellHeight + GAP)
  root.setAttribute('text-anchor', 'middle')
  images.forEach(({ label: text, pixels, weights }, i) => {
    const x = GAP + (i % perRow) * cellWidth
    const y = GAP + Math.floor(i / perRow) * cellHeight
    const place = (left: number, png: Uint8Array): SvgNode =>
      element('image', {
        x: left,
        y,
        width: shownWidth,
        height: shownHeight,
        'image-rendering': 'pixelated',
        href: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
      })
    root.append(place(x, encodePng({ ...data, values: shades(pixels, height * width * data.channels) })))
    root.append(
      place(
        x + shownWidth + 2,
        encodePng({ height, width, channels: 3, values: heat(weights, height * width) }),
      ),
    )
    const caption = element('text', { x: x + shownWidth + 1, y: y + shownHeight + CAPTION - 3 })
    caption.textContent = label(text, Math.max(8, Math.floor(cellWidth / 7)))
    root.append(caption)
  })
  return finish(root, {
    title: 'What answers to pictures hang on',
    description: `${images.length} held-out pictures; orange patches speak for the predicted class, blue ones against it.`,
    ...options,
  })
}

function shades(pixels: ArrayLike<number>, count: number): Uint8Array {
  const values = Array.from({ length: count }, (_, i) => (Number.isFinite(pixels[i]) ? pixels[i]! : 0))
  const low = Math.min(0, ...values)
  const high = Math.max(1, ...values)
  return Uint8Array.from(values, value => Math.round((255 * (value - low)) / (high - low)))
}

/** Orange for a loss, blue for a gain, in shares of the largest of the picture. */
function heat(weights: ArrayLike<number>, count: number): Uint8Array {
  let high = 1e-12
  for (let i = 0; i < count; i++) high = Math.max(high, Math.abs(weights[i]!))
  const values = new Uint8Array(3 * count)
  for (let i = 0; i < count; i++) {
    const colour = Number.parseInt(diverging(-weights[i]! / high).slice(1), 16)
    values.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * i)
  }
  return values
}

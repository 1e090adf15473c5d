import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { Player } from './kernel-shap.ts'

/** Columns with a value of their own; the rest share one. */
const MOST = 40
/** Patches of a picture along each side. */
const PATCHES = 7

/** Who shares the credit for an answer: columns, those that tell most about the target first, or patches of a picture. */
export function playersOf(names: readonly string[], profile: DatasetProfile): Player[] {
  const { image } = profile
  const known = new Set(names)
  if (image) return patchesOf(image).filter(({ columns }) => columns.some(name => known.has(name)))
  const power = new Map(profile.columns.map(column => [column.name, column.prediction?.power ?? 0]))
  const sorted = [...names].sort((a, b) => (power.get(b) ?? 0) - (power.get(a) ?? 0))
  const alone = sorted.length > MOST ? sorted.slice(0, MOST - 1) : sorted
  const rest = sorted.slice(alone.length)
  return [
    ...alone.map(name => ({ name, columns: [name] })),
    ...(rest.length > 0 ? [{ name: `${count(rest.length)} other columns`, columns: rest }] : []),
  ]
}

type Picture = NonNullable<DatasetProfile['image']>

/** Squares of pixels, row after row; the pixels of a picture stand row after row, the channels of a pixel side by side. */
export function patchesOf({ height, width, channels, columns }: Picture, perSide = PATCHES): Player[] {
  const rows = Math.min(perSide, height)
  const across = Math.min(perSide, width)
  const patches = Array.from({ length: rows * across }, (_, patch) => ({
    name: `y ${span(Math.floor(patch / across), rows, height)}, x ${span(patch % across, across, width)}`,
    columns: [] as string[],
  }))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const patch = Math.floor((y * rows) / height) * across + Math.floor((x * across) / width)
      for (let channel = 0; channel < channels; channel++)
        patches[patch]!.columns.push(columns[(y * width + x) * channels + channel]!)
    }
  return patches
}

/** First and last of the slots that fall into one part of several, counted from 1. */
function span(part: number, parts: number, size: number): string {
  const first = Math.ceil((part * size) / parts)
  const last = Math.ceil(((part + 1) * size) / parts) - 1
  return `${first + 1}–${last + 1}`
}

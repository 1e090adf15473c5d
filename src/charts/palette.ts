/** Colours that people with any of the common colour-vision deficiencies tell apart (Okabe & Ito 2008). */
export const COLOURS = {
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
  sky: '#56b4e9',
  amber: '#e69f00',
  pink: '#cc79a7',
  grey: '#888888',
} as const

/** Light to dark blue, for shares from 0 to 1. */
export function sequential(share: number): string {
  const t = Math.min(1, Math.max(0, share))
  return mix([236, 244, 251], [0, 80, 140], t)
}

/** Orange for −1 through near-white for 0 to blue for +1. */
export function diverging(value: number): string {
  const t = Math.min(1, Math.max(-1, value))
  return t < 0 ? mix([247, 247, 247], [191, 78, 0], -t) : mix([247, 247, 247], [0, 90, 156], t)
}

/** Black or white, whichever is easier to read over a `sequential` or `diverging` fill of this strength. */
export const inkOver = (strength: number): string => (Math.abs(strength) > 0.62 ? '#ffffff' : '#1a1a1a')

type Rgb = readonly [number, number, number]
const mix = (from: Rgb, to: Rgb, t: number) =>
  `#${from.map((start, i) => Math.round(start + (to[i]! - start) * t).toString(16).padStart(2, '0')).join('')}` // prettier-ignore

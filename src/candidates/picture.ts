import type { Params } from '../params/space.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { ColumnGroup } from './candidate.ts'
import type { Algorithm } from '../algorithms/algorithm.ts'
import { step } from './groups.ts'

/** What a learner of pictures is told of the columns: all pixels in their order, those that never change too, and their shape. */
export interface Picture {
  readonly groups: readonly ColumnGroup[]
  readonly static: Params
  readonly reason: string
}

/** Colour by colour, which is how nets read pictures. */
const planesOf = ({ height, width, channels, columns }: NonNullable<DatasetProfile['image']>) => {
  const size = height * width
  return columns.map((_, i) => columns[(i % size) * channels + Math.floor(i / size)]!)
}

/** Whether a learner can be told what picture its columns are. */
export const seesPictures = ({ space, settings }: Algorithm): boolean =>
  Object.hasOwn({ ...space, ...settings }, 'height')

const LEAST_CELL = 2
/** About how many cells of edges a picture has along its shorter side. */
const CELLS = 8

/** For learners of plain features: what stands where in each picture, as the directions of edges in its cells. */
export function edgesOf(profile: DatasetProfile): Picture | undefined {
  const picture = pictureOf(profile)
  if (!picture) return undefined
  const { height, width } = profile.image!
  const cell = Math.max(LEAST_CELL, Math.round(Math.min(height, width) / CELLS))
  const then = [step('gradient-histograms', { ...picture.static, cell })]
  return {
    groups: picture.groups.map(group => ({ ...group, then })),
    static: {},
    reason: `The pixels of pictures of ${height} × ${width} as the directions of edges in cells of ${cell} × ${cell} pixels and the light of each, which say more than single pixels wherever a thing may stand a little elsewhere.`,
  }
}

/** The table as pictures, when the profile says its columns are pixels of one picture per row. */
export function pictureOf({ image }: DatasetProfile): Picture | undefined {
  if (!image) return undefined
  const { height, width, channels } = image
  const columns = planesOf(image)
  return {
    groups: [
      {
        name: 'pixels',
        reason: `${count(columns.length)} columns are the pixels of a ${channels === 1 ? 'grey' : 'colour'} picture of ${height} × ${width}, ${channels === 1 ? '' : 'colour by colour and '}row by row: ${image.reason}`,
        columns,
        encode: [step('robust-imputer', { strategy: 'constant', fill: 0 })],
        then: [],
      },
    ],
    static: { height, width, channels },
    reason: `Neighbouring columns are neighbouring pixels (${height} × ${width}), which no learner of plain columns knows: ${image.reason}`,
  }
}

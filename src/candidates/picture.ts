import type { Params } from '../params/space.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { ColumnGroup } from './candidate.ts'
import { step } from './groups.ts'

/** What a learner of pictures is told of the columns: all pixels in their order, those that never change too, and their shape. */
export interface Picture {
  readonly groups: readonly ColumnGroup[]
  readonly static: Params
  readonly reason: string
}

/** The table as pictures, when the profile says its columns are pixels of one grey picture per row. */
export function pictureOf({ image }: DatasetProfile): Picture | undefined {
  if (!image || image.channels !== 1) return undefined
  const { height, width, channels, columns } = image
  return {
    groups: [
      {
        name: 'pixels',
        reason: `${count(columns.length)} columns are the pixels of a picture of ${height} × ${width}: ${image.reason}`,
        columns,
        encode: [step('robust-imputer', { strategy: 'constant', fill: 0 })],
        then: [],
      },
    ],
    static: { height, width, channels },
    reason: `Neighbouring columns are neighbouring pixels (${height} × ${width}), which no other learner here knows: ${image.reason}`,
  }
}

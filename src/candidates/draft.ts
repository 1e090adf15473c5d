import type { Algorithm } from '../algorithms/algorithm.ts'
import type { Step } from './candidate.ts'
import type { GroupStyle } from './groups.ts'
import type { Picture } from './picture.ts'

/** A candidate before it has its place in the plan. */
export interface Draft {
  readonly algorithm: Algorithm
  readonly role: string
  readonly reason: string
  readonly style: GroupStyle
  readonly merged: readonly Step[]
  /** Instead of the groups that the style makes. */
  readonly picture?: Picture
  /** Small ones are kept first when there are too many. */
  readonly priority: number
}

export const TREE_STYLE: GroupStyle = {
  missing: 'keep',
  categories: 'one-hot',
  dates: 'ordinal',
  text: 'word',
}
export const CODE_STYLE: GroupStyle = { ...TREE_STYLE, categories: 'codes' }
export const LINEAR_STYLE: GroupStyle = {
  missing: 'fill',
  categories: 'one-hot',
  dates: 'cyclic',
  text: 'word',
}

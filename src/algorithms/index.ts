import type { Algorithm } from './algorithm.ts'
import { baseline } from './baseline.ts'
import { gbtDepthwise } from './gbt-depthwise.ts'
import { linearLearner } from './linear-learner.ts'
import { mlp } from './mlp.ts'

/** Every algorithm. A new one is one file and one line here. */
// prettier-ignore
export const algorithms: readonly Algorithm[] = [
  baseline,
  gbtDepthwise,
  linearLearner,
  mlp,
]

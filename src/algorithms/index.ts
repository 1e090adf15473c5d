import type { Algorithm } from './algorithm.ts'
import { cnn } from './cnn.ts'
import { linearLearner } from './linear-learner.ts'
import { mlp } from './mlp.ts'

/** Every algorithm. A new one is one file and one line here. */
export const algorithms: readonly Algorithm[] = [linearLearner, mlp, cnn]

import type { Algorithm } from './algorithm.ts'
import { baseline } from './baseline.ts'
import { cart } from './cart.ts'
import { cnn } from './cnn.ts'
import { extraTrees } from './extra-trees.ts'
import { factorizationMachine } from './factorization-machine.ts'
import { gbtDepthwise } from './gbt-depthwise.ts'
import { gbtLeafwise } from './gbt-leafwise.ts'
import { gbtOblivious } from './gbt-oblivious.ts'
import { knn } from './knn.ts'
import { linearLearner } from './linear-learner.ts'
import { mlRandomForest } from './ml-random-forest.ts'
import { mlp } from './mlp.ts'
import { randomForest } from './random-forest.ts'
import { realmlp } from './realmlp.ts'
import { tabm } from './tabm.ts'

/** Every algorithm. A new one is one file and one line here. */
// prettier-ignore
export const algorithms: readonly Algorithm[] = [
  baseline,
  gbtDepthwise,
  gbtLeafwise,
  gbtOblivious,
  linearLearner,
  randomForest,
  extraTrees,
  cart,
  mlRandomForest,
  mlp,
  realmlp,
  tabm,
  factorizationMachine,
  knn,
  cnn,
]

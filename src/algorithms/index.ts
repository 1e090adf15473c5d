import type { Algorithm } from './algorithm.ts'
import { baseline } from './baseline.ts'
import { cart } from './cart.ts'
import { extraTrees } from './extra-trees.ts'
import { gbtDepthwise } from './gbt-depthwise.ts'
import { gbtLeafwise } from './gbt-leafwise.ts'
import { mlRandomForest } from './ml-random-forest.ts'
import { randomForest } from './random-forest.ts'

/** Every algorithm. A new one is one file and one line here. */
export const algorithms: readonly Algorithm[] = [
  baseline,
  gbtDepthwise,
  gbtLeafwise,
  randomForest,
  extraTrees,
  cart,
  mlRandomForest,
]

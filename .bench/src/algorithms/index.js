import { baseline } from './baseline.js';
import { cart } from './cart.js';
import { cnn } from './cnn.js';
import { extraTrees } from './extra-trees.js';
import { gbtDepthwise } from './gbt-depthwise.js';
import { gbtLeafwise } from './gbt-leafwise.js';
import { linearLearner } from './linear-learner.js';
import { mlRandomForest } from './ml-random-forest.js';
import { mlp } from './mlp.js';
import { randomForest } from './random-forest.js';
/** Every algorithm. A new one is one file and one line here. */
// prettier-ignore
export const algorithms = [
    baseline,
    gbtDepthwise,
    gbtLeafwise,
    linearLearner,
    randomForest,
    extraTrees,
    cart,
    mlRandomForest,
    mlp,
    cnn,
];

import { linearLearner } from './linear-learner.js';
import { mlp } from './mlp.js';
/** Every algorithm. A new one is one file and one line here. */
export const algorithms = [linearLearner, mlp];

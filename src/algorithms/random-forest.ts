import { choice } from '../params/space.ts'
import type { Algorithm } from './algorithm.ts'
import { forestSeconds, tooManyCells } from './trees/cost.ts'
import { forestSettings, forestSize, forestSpace, readForestSettings } from './trees/forest-params.ts'
import { fitForest } from './trees/forests.ts'

/** Random forest (Breiman 2001): trees on bootstrapped rows, the best split among few random features per node. */
export const randomForest: Algorithm = {
  name: 'random-forest',
  autopilotName: 'randomforest',
  summary: 'averages deep trees grown on random rows and features: hard to spoil, a good member of ensembles',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'forest',
  requires: [],
  space: forestSpace,
  settings: { ...forestSettings, oob_score: choice([false, true]) },
  takesSteps: true,
  expectedSeconds: (shape, params) => forestSeconds(shape, forestSize(params)),
  unfit: tooManyCells,
  fit: (data, params, context) =>
    fitForest(
      data,
      { ...forestSize(params), ...readForestSettings(params), bootstrap: true, randomThresholds: false },
      context,
    ),
}

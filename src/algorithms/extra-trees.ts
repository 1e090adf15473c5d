import type { Algorithm } from './algorithm.ts'
import { forestSeconds, tooManyCells } from './trees/cost.ts'
import { forestSettings, forestSize, forestSpace, readForestSettings } from './trees/forest-params.ts'
import { fitForest } from './trees/forests.ts'

/** Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): all rows, one random threshold per random feature. */
export const extraTrees: Algorithm = {
  name: 'extra-trees',
  autopilotName: 'extra-trees',
  summary:
    'averages deep trees whose thresholds are drawn at random: smoother than a random forest, and quicker',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'forest',
  requires: [],
  space: forestSpace,
  settings: forestSettings,
  takesSteps: true,
  expectedSeconds: (shape, params) => forestSeconds(shape, forestSize(params)),
  unfit: tooManyCells,
  fit: (data, params, context) =>
    fitForest(
      data,
      { ...forestSize(params), ...readForestSettings(params), bootstrap: false, randomThresholds: true },
      context,
    ),
}

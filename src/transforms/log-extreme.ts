import type { Extremes } from './extremes.ts'
import { emitReplaced, extremeSpace, findExtremes, replaceFeatures } from './extremes.ts'
import type { FeatureTransform } from './transform.ts'

/** Features with far outliers become sign(x) · ln(|x| + 1): ln(x + 1) where nothing is negative. */
export const logExtreme: FeatureTransform<Extremes> = {
  stage: 'features',
  name: 'log-extreme',
  summary:
    'Features with extreme values become the logarithm of their size, with their sign; all others stay.',
  space: extremeSpace,
  fit: findExtremes,
  apply: (features, { changed }) =>
    replaceFeatures(features, changed, value => Math.sign(value) * Math.log(Math.abs(value) + 1)),
  emit: (extremes, graph, input) =>
    emitReplaced(graph, input, extremes, columns => {
      const size = graph.op('Log', [graph.op('Add', [graph.op('Abs', [columns]), graph.f64(1)])])
      return graph.op('Mul', [graph.op('Sign', [columns]), size])
    }),
}

import { calendarFeatures } from './calendar-features.ts'
import { arithmeticFeatures } from './arithmetic-features.ts'
import { categoryInteractions } from './category-interactions.ts'
import { commonScaler } from './common-scaler.ts'
import { datetimeVectorizer } from './datetime-vectorizer.ts'
import { featureImputer } from './feature-imputer.ts'
import { frequencyEncoder } from './frequency-encoder.ts'
import { gradientHistograms } from './gradient-histograms.ts'
import { groupByFeatures } from './group-by-features.ts'
import { logExtreme } from './log-extreme.ts'
import { missingIndicator } from './missing-indicator.ts'
import { ordinalEncoder } from './ordinal-encoder.ts'
import { periodicEncoder } from './periodic-encoder.ts'
import { piecewiseLinearEncoder } from './piecewise-linear-encoder.ts'
import { quadratic } from './quadratic.ts'
import { quantileExtreme } from './quantile-extreme.ts'
import { removeConstant } from './remove-constant.ts'
import { robustImputer } from './robust-imputer.ts'
import { robustPca } from './robust-pca.ts'
import { robustSmoothClip } from './robust-smooth-clip.ts'
import { robustStandardScaler } from './robust-standard-scaler.ts'
import { sequenceFeatures } from './sequence-features.ts'
import { similarityEncoder } from './similarity-encoder.ts'
import { targetEncoder } from './target-encoder.ts'
import { textStatistics } from './text-statistics.ts'
import { tfidf } from './tfidf.ts'
import { thresholdOneHot } from './threshold-one-hot.ts'
import type { Transform } from './transform.ts'
import { woeEncoder } from './woe-encoder.ts'

/** Every transform. A new one is one file and one line here. */
export const transforms: readonly Transform[] = [
  robustImputer,
  missingIndicator,
  thresholdOneHot,
  ordinalEncoder,
  frequencyEncoder,
  targetEncoder,
  woeEncoder,
  similarityEncoder,
  tfidf,
  textStatistics,
  sequenceFeatures,
  datetimeVectorizer,
  calendarFeatures,
  categoryInteractions,
  arithmeticFeatures,
  groupByFeatures,
  featureImputer,
  robustStandardScaler,
  commonScaler,
  gradientHistograms,
  robustSmoothClip,
  robustPca,
  quantileExtreme,
  logExtreme,
  removeConstant,
  quadratic,
  piecewiseLinearEncoder,
  periodicEncoder,
]

export { MISSING_DATETIME } from './missing-indicator.ts'
export { graphCategories, textAt } from './strings.ts'
export { isForTask } from './transform.ts'
export { SERIES_FEATURES } from './sequence-numbers.ts'

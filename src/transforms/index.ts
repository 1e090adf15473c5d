import { arithmeticFeatures } from './arithmetic-features.ts'
import { categoryInteractions } from './category-interactions.ts'
import { commonScaler } from './common-scaler.ts'
import { datetimeVectorizer } from './datetime-vectorizer.ts'
import { featureImputer } from './feature-imputer.ts'
import { frequencyEncoder } from './frequency-encoder.ts'
import { groupByFeatures } from './group-by-features.ts'
import { logExtreme } from './log-extreme.ts'
import { missingIndicator } from './missing-indicator.ts'
import { ordinalEncoder } from './ordinal-encoder.ts'
import { quadratic } from './quadratic.ts'
import { quantileExtreme } from './quantile-extreme.ts'
import { removeConstant } from './remove-constant.ts'
import { robustImputer } from './robust-imputer.ts'
import { robustPca } from './robust-pca.ts'
import { robustStandardScaler } from './robust-standard-scaler.ts'
import { targetEncoder } from './target-encoder.ts'
import { textStatistics } from './text-statistics.ts'
import { tfidf } from './tfidf.ts'
import { thresholdOneHot } from './threshold-one-hot.ts'
import type { Transform } from './transform.ts'

/** Every transform. A new one is one file and one line here. */
export const transforms: readonly Transform[] = [
  robustImputer,
  missingIndicator,
  thresholdOneHot,
  ordinalEncoder,
  frequencyEncoder,
  targetEncoder,
  tfidf,
  textStatistics,
  datetimeVectorizer,
  categoryInteractions,
  arithmeticFeatures,
  groupByFeatures,
  featureImputer,
  robustStandardScaler,
  commonScaler,
  robustPca,
  quantileExtreme,
  logExtreme,
  removeConstant,
  quadratic,
]

export { MISSING_DATETIME } from './missing-indicator.ts'
export { graphCategories, textAt } from './strings.ts'

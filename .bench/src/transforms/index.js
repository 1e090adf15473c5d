import { commonScaler } from './common-scaler.js';
import { datetimeVectorizer } from './datetime-vectorizer.js';
import { featureImputer } from './feature-imputer.js';
import { frequencyEncoder } from './frequency-encoder.js';
import { logExtreme } from './log-extreme.js';
import { missingIndicator } from './missing-indicator.js';
import { ordinalEncoder } from './ordinal-encoder.js';
import { quadratic } from './quadratic.js';
import { quantileExtreme } from './quantile-extreme.js';
import { removeConstant } from './remove-constant.js';
import { robustImputer } from './robust-imputer.js';
import { robustPca } from './robust-pca.js';
import { robustStandardScaler } from './robust-standard-scaler.js';
import { targetEncoder } from './target-encoder.js';
import { textStatistics } from './text-statistics.js';
import { tfidf } from './tfidf.js';
import { thresholdOneHot } from './threshold-one-hot.js';
/** Every transform. A new one is one file and one line here. */
export const transforms = [
    robustImputer,
    missingIndicator,
    thresholdOneHot,
    ordinalEncoder,
    frequencyEncoder,
    targetEncoder,
    tfidf,
    textStatistics,
    datetimeVectorizer,
    featureImputer,
    robustStandardScaler,
    commonScaler,
    robustPca,
    quantileExtreme,
    logExtreme,
    removeConstant,
    quadratic,
];
export { MISSING_DATETIME } from './missing-indicator.js';
export { graphCategories, textAt } from './strings.js';

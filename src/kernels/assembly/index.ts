export { binColumn, countEntries, fillEntries, layLines } from './binning'
export { findLevelSplit, placeSplit, subtractHistogram } from './levels'
export { addHistogram, addTotals, clearHistogram, fillDefaults, histogramDense, histogramSparse, sumRows, writeUnits } from './histogram'
export { adoptTotal, findRandomSplit, findSplit, readTotals } from './split'
export { addToRows, joinParts, partitionDense, partitionSparse, walkBins } from './partition'
export { largestResidual, logisticGradients, softmaxGradients, softmaxTotals, squaredGradients } from './gradients'
export { predictRows } from './predict'
export { expectedRows, gradientNorms, sampleRows } from './sampling'
export { addByLeaf, largestOf, sketchGradients, storeGradients, sumByLeaf } from './vectors'
export { findClassSplit, histogramClasses, judgeClassesBy, randomClassSplit, sumClasses } from './classes'
export { growRandomTree } from './random-tree'
export { findRecords } from './records'
export { narrow, readNumbers } from './numerals'
export { addWord, readTexts, readWords, rehash } from './words'

// First byte free for the host: static data of the module lies below.
export function heapBase(): usize {
  return __heap_base
}

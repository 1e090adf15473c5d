export { binColumn, countEntries, fillEntries, placeColumn } from './binning'
export { clearHistogram, fillDefaults, histogramDense, histogramSparse, subtractHistogram, sumRows } from './histogram'
export { adoptTotal, findRandomSplit, findSplit, readTotals } from './split'
export { addToRows, partitionDense, partitionSparse, walkBins } from './partition'
export { largestResidual, logisticGradients, softmaxGradients, softmaxTotals, squaredGradients } from './gradients'
export { predictRows } from './predict'
export { findClassSplit, histogramClasses, randomClassSplit, sumClasses } from './classes'

// First byte free for the host: static data of the module lies below.
export function heapBase(): usize {
  return __heap_base
}

import type { Kernels, Pointer } from './kernels.ts'
import type { KernelCall, Team } from './team.ts'

const LEAST_ROWS = 8192 // for one thread: with fewer, telling another takes longer than doing it
const LANES = 4 // rows the kernels take at once

/** The parts of `n` rows, each but the last a multiple of four; one part where more are not worth it. */
export function shares(
  n: number,
  size: number,
): readonly { readonly first: number; readonly count: number }[] {
  const parts = Math.max(1, Math.min(size, Math.floor(n / LEAST_ROWS)))
  const step = LANES * Math.ceil(n / parts / LANES)
  return Array.from({ length: parts }, (_, i) => ({ first: i * step, count: Math.min(step, n - i * step) }))
}

const moved = (pointer: Pointer, bytes: number): Pointer => (pointer === 0 ? 0 : pointer + bytes)

/**
 * The same kernels, with those that go over rows one by one shared among threads. Each row is done by the same instructions as
 * before, so results are the same to the bit.
 */
export function shareKernels(own: Kernels, team: Team, bytes: () => Uint8Array): Kernels {
  const share = (n: number, call: (first: number, count: number) => KernelCall): void => {
    team.run(shares(n, team.size).map(({ first, count }) => call(first, count)))
  }
  return {
    ...own,
    binColumn: (values, n, thresholds, missingBin, bins) =>
      share(n, (first, count) => ({
        kernel: 'binColumn',
        args: [values + 4 * first, count, thresholds, missingBin, bins + first],
      })),
    addToRows: (rows, n, value, scores) =>
      share(n, (first, count) => ({ kernel: 'addToRows', args: [rows + 4 * first, count, value, scores] })),
    walkBins: (tree, blocks, rowCount, dense, groups, rows, n, values, scores) =>
      rows === 0
        ? own.walkBins(tree, blocks, rowCount, dense, groups, rows, n, values, scores)
        : share(n, (first, count) => ({
            kernel: 'walkBins',
            args: [tree, blocks, rowCount, dense, groups, rows + 4 * first, count, values, scores],
          })),
    logisticGradients: (scores, target, weights, n, gScale, hScale, gradients) =>
      share(n, (first, count) => ({
        kernel: 'logisticGradients',
        args: [scores + 4 * first, target + 4 * first, moved(weights, 4 * first), count, gScale, hScale, gradients + 8 * first], // prettier-ignore
      })),
    squaredGradients: (scores, target, weights, n, gScale, hScale, gradients) =>
      share(n, (first, count) => ({
        kernel: 'squaredGradients',
        args: [scores + 4 * first, target + 4 * first, moved(weights, 4 * first), count, gScale, hScale, gradients + 8 * first], // prettier-ignore
      })),
    softmaxTotals: (scores, stride, classes, n, peak, total) =>
      share(n, (first, count) => ({
        kernel: 'softmaxTotals',
        args: [scores + 4 * first, stride, classes, count, peak + 4 * first, total + 4 * first],
      })),
    softmaxGradients: (scores, target, weights, n, label, peak, total, gScale, hScale, gradients) =>
      share(n, (first, count) => ({
        kernel: 'softmaxGradients',
        args: [scores + 4 * first, target + 4 * first, moved(weights, 4 * first), count, label, peak + 4 * first, total + 4 * first, gScale, hScale, gradients + 8 * first], // prettier-ignore
      })),
    partitionDense: (column, sides, rows, n, spare) =>
      partition(n, (first, count) => ({
        kernel: 'partitionDense',
        args: [column, sides, rows + 4 * first, count, spare + 4 * first],
      }))(rows, spare),
    partitionSparse: (starts, entries, low, high, fallback, sides, rows, n, spare) =>
      partition(n, (first, count) => ({
        kernel: 'partitionSparse',
        args: [starts, entries, low, high, fallback, sides, rows + 4 * first, count, spare + 4 * first],
      }))(rows, spare),
  }

  // Every part is partitioned by itself; then the left rows of all parts move together, and the right rows, which stand in the
  // spare array once more, follow them.
  function partition(n: number, call: (first: number, count: number) => KernelCall) {
    return (rows: Pointer, spare: Pointer): number => {
      const parts = shares(n, team.size)
      const lefts = team.run(parts.map(({ first, count }) => call(first, count)))
      if (parts.length === 1) return lefts[0]!
      const memory = bytes()
      let at = 0
      for (const [i, { first }] of parts.entries()) {
        memory.copyWithin(rows + 4 * at, rows + 4 * first, rows + 4 * (first + lefts[i]!))
        at += lefts[i]!
      }
      const left = at
      for (const [i, { first, count }] of parts.entries()) {
        const right = count - lefts[i]!
        memory.copyWithin(rows + 4 * at, spare + 4 * first, spare + 4 * (first + right))
        at += right
      }
      return left
    }
  }
}

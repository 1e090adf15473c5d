import type { Arena, Kernels, Pointer } from './kernels.ts'
import type { KernelCall, Team } from './team.ts'

const LEAST_ROWS = 4096 // for one thread: with fewer, telling another takes longer than doing it
const LANES = 4 // rows the kernels take at once
const PART = 16 // bytes of what joins the parts: see joinParts, addTotals

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
export function shareKernels(own: Kernels, team: Team, arena: Arena): Kernels {
  const joints = arena.allocate(PART * team.size)
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
    sumRows: (rows, n, gradients, node) => {
      const parts = shares(n, team.size)
      if (parts.length === 1) return own.sumRows(rows, n, gradients, node)
      team.run(
        parts.map(({ first, count }, i) => ({
          kernel: 'sumRows',
          args: [moved(rows, 4 * first), count, gradients + (rows === 0 ? 8 * first : 0), joints + PART * i],
        })),
      )
      own.addTotals(joints, parts.length, node)
    },
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

  // Every part is partitioned by itself; then all are joined.
  function partition(n: number, call: (first: number, count: number) => KernelCall) {
    return (rows: Pointer, spare: Pointer): number => {
      const parts = shares(n, team.size)
      const lefts = team.run(parts.map(({ first, count }) => call(first, count)))
      if (parts.length === 1) return lefts[0]!
      for (const [i, { first, count }] of parts.entries()) {
        const at = joints / 4 + 3 * i
        arena.words[at] = first
        arena.words[at + 1] = count
        arena.words[at + 2] = lefts[i]!
      }
      return own.joinParts(rows, spare, joints, parts.length)
    }
  }
}

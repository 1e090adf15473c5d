// Where the bins of dense features lie. See ../README.md, "Bins".

const LINE: i32 = 64 // features whose bytes of one row lie side by side: a cache line

// Bytes from one row to the next, in the line of this feature. The last line is narrower: its blocks, or a power of two that is
// at most a seventh more.
@inline
export function strideOf(dense: i32, feature: i32): i32 {
  const rest = dense - (feature & ~(LINE - 1))
  if (rest >= LINE) return LINE
  const bytes = (rest + 3) & ~3
  const power = 1 << (32 - clz(bytes - 1))
  return (power - bytes) * 7 <= bytes ? power : bytes
}

// The byte of this feature in row 0, counted from the first byte of all.
@inline
export function columnOf(rowCount: i32, feature: i32): usize {
  return <usize>(feature & ~(LINE - 1)) * <usize>rowCount + <usize>(feature & (LINE - 1))
}

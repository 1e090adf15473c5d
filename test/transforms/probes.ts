/** Numbers where a fitted transform may decide: every finite number of its state, 0, ±0, the ends of float32 and their neighbours. */
export function probes(state: unknown, most = 150): number[] {
  const found = new Set<number>([0, -0, 1e38, -1e38, 1e-38, -1e-38, 3.4028234663852886e38, 1e-45])
  collect(state, found)
  const centres = [...found].filter(value => Number.isFinite(Math.fround(value))).slice(0, most)
  return [-0, ...centres.flatMap(value => [below(value), Math.fround(value), above(value)]), NaN]
}

function collect(value: unknown, into: Set<number>): void {
  if (typeof value === 'number') into.add(value)
  else if (value instanceof Float32Array || value instanceof Float64Array)
    for (const one of value) into.add(one)
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    for (const one of Object.values(value)) collect(one, into)
}

const bits = new Int32Array(1)
const asFloat = new Float32Array(bits.buffer)

/** The float32 next to a number; the number itself at the end of the range. */
function neighbour(value: number, up: boolean): number {
  asFloat[0] = value
  if (asFloat[0] === 0) return up ? 1.401298464324817e-45 : -1.401298464324817e-45
  bits[0]! += asFloat[0]! > 0 === up ? 1 : -1
  return Number.isFinite(asFloat[0]) ? asFloat[0]! : Math.fround(value)
}
const above = (value: number) => neighbour(value, true)
const below = (value: number) => neighbour(value, false)

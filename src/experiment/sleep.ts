import { readFileSync } from 'node:fs'

/** Two clocks in seconds, of which one stands still while the machine sleeps. */
export interface Clocks {
  /** Budgets go by it. */
  readonly awake: () => number
  readonly always: () => number
}

const LOOK_MS = 5000
/** Shorter gaps are a busy machine, or the two clocks read one after the other. */
const LEAST_SECONDS = 20

/** Tells how long the machine slept, each time that it did. Returns the end of the watch. */
export function watchSleep(
  tell: (seconds: number) => void,
  { awake, always }: Clocks = systemClocks(),
  lookMs: number = LOOK_MS,
): () => void {
  let [awakeThen, alwaysThen] = [awake(), always()]
  const timer = setInterval(() => {
    const [awakeNow, alwaysNow] = [awake(), always()]
    const gap = alwaysNow - alwaysThen - (awakeNow - awakeThen)
    if (gap > LEAST_SECONDS) tell(gap)
    awakeThen = awakeNow
    alwaysThen = alwaysNow
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** Linux counts seconds since boot, sleep included; elsewhere the time of day must do. */
const systemClocks = (): Clocks => ({
  awake: () => performance.now() / 1000,
  always: uptime() === undefined ? () => Date.now() / 1000 : () => uptime()!,
})

function uptime(): number | undefined {
  try {
    return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  } catch {
    return undefined
  }
}

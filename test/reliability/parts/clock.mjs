// Loaded before the program: sets the time of day as CLOCK says, `jump:SECONDS` (a second after the start) or `at:DATE` (from the start).
import process from 'node:process'

const [how, ...rest] = process.env.CLOCK.split(':')
const Real = Date
const from = performance.now()
const start = Real.now()
const now = () => {
  const passed = performance.now() - from
  if (how === 'at') return Real.parse(rest.join(':')) + passed
  return start + passed + (passed > 1000 ? 1000 * Number(rest[0]) : 0)
}
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [now()]))
  }
  static now() {
    return now()
  }
}

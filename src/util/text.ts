/** Text as a terminal may safely show it: control characters and direction overrides become visible escapes. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, character => {
    const code = character.charCodeAt(0)
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })

/** A name in double quotes, shortened to 80 characters, safe to print. */
export const quoted = (text: string): string =>
  JSON.stringify(printable(text.length > 80 ? `${text.slice(0, 79)}…` : text))

/** Levenshtein distance between two texts. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    }
    previous = row
  }
  return previous[b.length]!
}

/** The name nearest to what was typed (case and outer spaces ignored), or undefined when none is near. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const plain = (text: string) => text.trim().toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(plain(typed).slice(0, 64), plain(name).slice(0, 64))
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best
}

/** Seconds as people say them: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 100) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

/** Bytes as people say them: `812 B`, `1.4 MB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = bytes
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A count with thousands separated by commas, whatever the locale of the machine. */
export function count(value: number): string {
  let rest = String(Math.abs(Math.round(value)))
  const groups: string[] = []
  for (; rest.length > 3; rest = rest.slice(0, -3)) groups.unshift(rest.slice(-3))
  return (value <= -0.5 ? '-' : '') + [rest, ...groups].join(',')
}

/** A number for people: `digits` significant digits, no exponent for ordinary sizes. */
export function figure(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e9 || size < 1e-4) return value.toExponential(digits - 1)
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)))
  return decimals > 0 ? String(Number(value.toFixed(decimals))) : count(value)
}

/** A sentence: capital first, full stop last. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

/** Text on one line, whatever it holds: line ends become visible escapes. */
export const inline = (text: string): string =>
  printable(text).replaceAll('\r', '\\r').replaceAll('\n', '\\n')

/** A word as a POSIX shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`

import type { PlainNumberBuilder } from './builders.ts'
import { MIN_KEY_ROWS } from './identify.ts'

/** Codes come again; what is different in more rows is looked at as a key. */
export const MAX_CODE_SHARE = 0.5

/** Numbers under a name of codes that only their words can decide on: they come again, or some are infinite. */
export function mayBeCodes({ store, nonFinite }: PlainNumberBuilder): boolean {
  if (nonFinite > 0 || store.length < MIN_KEY_ROWS) return true
  if (store.isRising()) return false
  const seen = new Set<number>()
  let left = store.length
  for (const block of store.blocks()) {
    for (const value of block) {
      if (value === value) seen.add(value)
      if (seen.size > MAX_CODE_SHARE * store.length) return false
      // Too few are left to make up for those that came again.
      if (seen.size + --left <= MAX_CODE_SHARE * store.length) return true
    }
  }
  return true
}

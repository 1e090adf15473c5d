import type { Transform } from './transform.ts'

/** Every transform. A new one is one file and one line here. */
export const transforms: readonly Transform[] = []

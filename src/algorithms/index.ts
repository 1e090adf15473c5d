import type { Algorithm } from './algorithm.ts'

/** Every algorithm. A new one is one file and one line here. */
export const algorithms: readonly Algorithm[] = []

import type { Pruner } from '../pruner.ts'

/** Lets every trial run to its end. */
export const none: Pruner = { name: 'none', summary: 'Never stops a trial early.', shouldPrune: () => false }

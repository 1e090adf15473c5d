import type { Pruner } from '../pruner.ts'
import { median } from './median.ts'
import { none } from './none.ts'
import { racing } from './racing.ts'

/** Every pruner by the name users type. A new pruner is a file and one entry here. */
export const pruners = { none, median, racing } satisfies Record<string, Pruner>
export type PrunerName = keyof typeof pruners

import { figure } from '../util/text.ts'
import { bars } from './bars.ts'
import type { ChartOptions } from './document.ts'

export interface ImportanceData {
  /** What a bar measures, such as "drop of Accuracy when shuffled". */
  readonly measure: string
  readonly features: readonly { readonly name: string; readonly value: number; readonly std?: number }[]
}

const SHOWN = 20

/** Features by how much the model leans on them, most first. */
export function importance(
  { measure, features }: ImportanceData,
  options: ChartOptions & { readonly title?: string } = {},
): string {
  const sorted = [...features].sort((a, b) => b.value - a.value)
  return bars(
    sorted.slice(0, SHOWN).map(feature => ({
      name: feature.name,
      value: feature.value,
      note: figure(feature.value, 3),
      ...(feature.std === undefined ? {} : { std: feature.std }),
    })),
    {
      title: 'Feature importance',
      description: `${Math.min(SHOWN, features.length)} of ${features.length} features, by ${measure}.`,
      axis: measure,
      ...options,
    },
  )
}

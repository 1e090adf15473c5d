import { bars } from './bars.ts'
import type { ChartOptions } from './document.ts'

export interface PredictionPowerData {
  readonly columns: readonly { readonly name: string; readonly power: number; readonly error: number }[]
}

const SHOWN = 10

/** What single columns say of the target, most telling first. */
export function predictionPower({ columns }: PredictionPowerData, options: ChartOptions = {}): string {
  const sorted = [...columns].sort((a, b) => b.power - a.power)
  return bars(
    sorted.slice(0, SHOWN).map(({ name, power, error }) => ({
      name,
      value: power,
      note: power.toFixed(3),
      std: error,
    })),
    {
      title: 'Prediction power of single columns',
      description: `The ${Math.min(SHOWN, columns.length)} most telling of ${columns.length} columns: 0 says nothing of the target, 1 says all.`,
      axis: 'prediction power (line: ± standard error)',
      ...options,
    },
  )
}

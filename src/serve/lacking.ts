import type { ColumnSchema } from '../data/schema.ts'
import { quoted } from '../util/text.ts'
import { Refusal } from './refusal.ts'

/** Refuses a request that has no word of some columns. */
export function refuseLacking(lacking: readonly ColumnSchema[]): void {
  if (lacking.length === 0) return
  const listed = lacking.slice(0, 20).map(({ name }) => quoted(name))
  const more = lacking.length > 20 ? ` and ${lacking.length - 20} more` : ''
  throw new Refusal(
    400,
    'E_MISSING_COLUMNS',
    `the request lacks ${lacking.length === 1 ? 'the column' : `${lacking.length} columns`} the model was trained on: ${listed.join(', ')}${more}`,
  )
}

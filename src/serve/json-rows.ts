import type { ColumnSchema } from '../data/schema.ts'
import { messageOf } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { refuseLacking } from './lacking.ts'
import { Refusal } from './refusal.ts'
import type { Cell, Row } from './rows.ts'

/** Refuses what nests deeper than anything a table needs, before it is parsed. */
export function checkDepth(text: string, most: number): void {
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inText) {
      if (code === 92) i++
      else if (code === 34) inText = false
    } else if (code === 34) inText = true
    else if (code === 91 || code === 123) {
      if (++depth > most) {
        throw new Refusal(
          400,
          'E_TOO_DEEP',
          `the request nests more than ${most} lists and objects: expected rows of values; flatten it`,
        )
      }
    } else if (code === 93 || code === 125) depth--
  }
}

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, 'E_BAD_JSON', `${what} is not JSON (${messageOf(error)}); mend it`)
  }
}

/**
 * Rows as objects {"column": value}, as lists in the order of the table, or either inside {"features": …}. A key that one row
 * lacks is missing there; a column that is in no row is refused.
 */
export function rowsOfJson(instances: readonly unknown[], features: readonly ColumnSchema[]): Row[] {
  const unseen = new Set(features.keys())
  const takesWrap = features.every(({ name }) => name !== 'features')
  const rows = instances.map((instance, row) => {
    const item =
      takesWrap && isObject(instance) && Object.hasOwn(instance, 'features') ? instance['features'] : instance
    if (Array.isArray(item)) {
      if (item.length !== features.length) {
        throw new Refusal(
          400,
          'E_RAGGED_REQUEST',
          `row ${row + 1} has ${item.length} values: ${features.length} were expected, in the order of "table" in model.json`,
        )
      }
      unseen.clear()
      return features.map((feature, j) => cellOf(item[j], feature, row))
    }
    if (!isObject(item)) {
      throw new Refusal(
        400,
        'E_BAD_REQUEST',
        `row ${row + 1} of the request is no object: {"column": value, …} or a list of values was expected`,
      )
    }
    return features.map((feature, j): Cell => {
      if (!Object.hasOwn(item, feature.name)) return undefined
      unseen.delete(j)
      return cellOf(item[feature.name], feature, row)
    })
  })
  if (rows.length > 0) refuseLacking([...unseen].map(j => features[j]))
  return rows
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list of numbers is the text of one where the column holds series. */
function cellOf(value: unknown, { name, sequence }: ColumnSchema, row: number): Cell {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return String(value)
  if (sequence && Array.isArray(value)) return JSON.stringify(value)
  throw new Refusal(
    400,
    'E_BAD_REQUEST',
    `row ${row + 1}: column ${quoted(name)} has ${Array.isArray(value) ? 'a list' : 'an object'}: one value was expected`,
  )
}

import type { CategoricalColumn, Column, TextColumn } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'

/** A string as a graph can receive it: onnxruntime-node ends strings at U+0000, so that character is replaced everywhere. */
export const graphString = (text: string): string =>
  text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text

/** The string of a row as a graph receives it; '' when missing. */
export const textAt = (column: CategoricalColumn | TextColumn, row: number): string =>
  graphString(stringAt(column, row) ?? '')

/** The categories of a column as a graph receives them. */
export const graphCategories = (column: CategoricalColumn): string[] => column.categories.map(graphString)

/** What is said of the text in a row of a string column; of a categorical column it is found once per category. */
export function describeStrings<T>(column: Column, describe: (text: string) => T): (row: number) => T {
  if (column.kind === 'categorical') {
    const perCategory = graphCategories(column).map(describe)
    const empty = describe('')
    return row => (column.codes[row]! < 0 ? empty : perCategory[column.codes[row]!]!)
  }
  if (column.kind !== 'text') throw new Error(`column "${column.name}" is ${column.kind}: expected text`)
  return row => describe(textAt(column, row))
}

/** One feature per name, from the numbers that `describe` finds in the text of a row. */
export function stringFeatures(
  column: Column,
  names: readonly string[],
  describe: (text: string) => ArrayLike<number>,
): DenseFeature[] {
  const rows = column.kind === 'categorical' ? column.codes.length : (column as TextColumn).missing.length
  const values = names.map(() => new Float32Array(rows))
  const at = describeStrings(column, describe)
  for (let row = 0; row < rows; row++) {
    const numbers = at(row)
    for (let k = 0; k < names.length; k++) values[k]![row] = numbers[k]!
  }
  return names.map((name, k) => ({ kind: 'dense', name: `${column.name} ${name}`, values: values[k]! }))
}

import type { CategoricalColumn, TextColumn } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'

/** A string as a graph can receive it: onnxruntime-node ends strings at U+0000, so that character is replaced everywhere. */
export const graphString = (text: string): string =>
  text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text

/** The string of a row as a graph receives it; '' when missing. */
export const textAt = (column: CategoricalColumn | TextColumn, row: number): string =>
  graphString(stringAt(column, row) ?? '')

/** The categories of a column as a graph receives them. */
export const graphCategories = (column: CategoricalColumn): string[] => column.categories.map(graphString)

import { cardinality, crossColumn, decisions, descriptive, features, missing } from './exploration-columns.ts'
import {
  definitions,
  duplicates,
  images,
  insights,
  sample,
  summary,
  targetClasses,
  targetNumber,
  title,
} from './exploration-overview.ts'
import type { NotebookInput } from './input.ts'
import type { Cell } from './nbformat.ts'

const SECTIONS = [
  title, summary, insights, targetClasses, targetNumber, sample, features, images, duplicates, crossColumn, missing,
  cardinality, descriptive, decisions, definitions,
] // prettier-ignore

/** The cells of the data exploration notebook: all markdown, so that it can be read without a kernel. */
export const dataExplorationCells = (input: NotebookInput): Cell[] =>
  SECTIONS.flatMap(section => section(input) ?? [])

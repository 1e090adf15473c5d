import Papa from 'papaparse'
import { readDataset } from '../data/read.ts'
import type { TablePath } from '../data/source.ts'
import { answerRows } from '../pipeline/answer.ts'
import { writeFileAtomic } from '../util/files.ts'
import type { Predictor } from './predictor.ts'

/** Predicts the rows of a file, in its order. With `output` the CSV is written there, else returned. */
export async function predictFile(
  { task, table, predict }: Predictor,
  file: TablePath,
  output?: string,
): Promise<{ rows: number; csv?: string }> {
  const { dataset } = await readDataset(file, { schema: table })
  const { fields, data } = answerRows(await predict(dataset), task)
  // Without rows Papa ends the header with a line end, with rows it does not end the last.
  const csv = `${Papa.unparse({ fields: [...fields], data: data.map(row => [...row]) }, { newline: '\n' }).replace(/\n$/, '')}\n`
  if (output === undefined) return { rows: dataset.rows, csv }
  writeFileAtomic(output, csv)
  return { rows: dataset.rows }
}

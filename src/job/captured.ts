import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import type { ColumnSchema } from '../data/schema.ts'
import { contentTypeOf } from '../serve/media.ts'
import { readQuestion } from '../serve/question.ts'
import { Refusal } from '../serve/refusal.ts'
import { tableOf, type Row } from '../serve/rows.ts'
import { InputError } from '../util/errors.ts'

/** Whether a path is what data capture wrote: a `.jsonl` file, or a folder with some. */
export function isCapture(path: string): boolean {
  if (!existsSync(path)) return false
  return statSync(path).isDirectory() ? captureFiles(path).length > 0 : path.endsWith('.jsonl')
}

const captureFiles = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.jsonl'))
        .sort()
        .map(name => join(path, name))
    : [path]

/** The side of a request in a line of data capture. */
interface CapturedSide {
  readonly observedContentType?: string
  readonly data?: string
  readonly encoding?: string
}

/** The rows of all requests that were captured, as one table. Requests that were refused then are refused again, and counted. */
export async function readCaptured(
  path: string,
  features: readonly ColumnSchema[],
): Promise<{ dataset: Dataset; requests: number; refused: number }> {
  const rows: Row[] = []
  let requests = 0
  let refused = 0
  for (const file of captureFiles(path)) {
    for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (line === '') continue
      const side = sideOf(line, file, i + 1)
      requests++
      try {
        rows.push(...(await rowsOf(side, features)))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refused++
      }
    }
  }
  return { dataset: tableOf(features, rows), requests, refused }
}

function sideOf(line: string, file: string, number: number): CapturedSide {
  try {
    const { captureData } = JSON.parse(line) as { captureData?: { endpointInput?: CapturedSide } }
    if (typeof captureData?.endpointInput?.data === 'string') return captureData.endpointInput
  } catch {
    // Said below: a line cut off by a crash, or another file.
  }
  throw new InputError(
    'E_BAD_CAPTURE',
    `${file} line ${number} is no captured request: expected {"captureData": {"endpointInput": …}}; take the line out`,
  )
}

async function rowsOf(
  { data = '', encoding, observedContentType = 'text/csv' }: CapturedSide,
  features: readonly ColumnSchema[],
): Promise<readonly Row[]> {
  const body = Buffer.from(data, encoding === 'BASE64' ? 'base64' : 'utf8')
  const limits = { maxRows: Infinity, maxDepth: 16 }
  const type = contentTypeOf(observedContentType)
  return (await readQuestion(body, observedContentType, type, features, limits)).rows
}

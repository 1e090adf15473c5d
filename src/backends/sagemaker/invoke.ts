import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvLine } from '../../data/csv.ts'
import type { TablePath } from '../../data/source.ts'
import { openTable } from '../../data/table.ts'
import { readExperiment } from '../../experiment/store.ts'
import type { ExperimentSpec } from '../../experiment/types.ts'
import { readInfo } from '../../pipeline/onnx-model.ts'
import { BackendError, InputError } from '../../util/errors.ts'
import { quoted } from '../../util/text.ts'
import type { PlannedCall } from './calls.ts'
import { openCloud, placeFrom, type Cloud } from './client.ts'
import { ledgerPath, openLedger } from './ledger.ts'
import { writeUpload } from './upload.ts'

/** The service takes 6 MiB of a question, and a minute for the answer. */
const QUESTION_BYTES = 2 * 2 ** 20
const CSV = 'text/csv'

/** Whom to ask, and which cells it wants. */
export interface Endpoint {
  readonly name: string
  readonly region: string
  /** Columns in the order of a question, without names above them; without it, all of the file. */
  readonly columns?: readonly string[]
}

/** The endpoint that was made for an experiment, the last one where there are several. */
export async function endpointOf(experiment: string, name?: string): Promise<Endpoint> {
  const { spec, paths } = readExperiment(experiment)
  const made = openLedger(ledgerPath(paths.folder)).entries.findLast(
    entry => entry.kind === 'endpoint' && (name === undefined || entry.name === name),
  )
  if (!made) {
    throw new InputError(
      'E_NO_ENDPOINT',
      `experiment ${experiment} has made no endpoint${name === undefined ? '' : ` ${name}`}: expected one; make it with "glasspilot cloud deploy ${experiment}", or leave the experiment out and say --endpoint NAME`,
      { exit: 'usage' },
    )
  }
  const columns = columnsOf(paths.model, spec, join(paths.data, 'upload.csv'))
  return { name: made.name, region: made.region, columns: await columns }
}

/** A model of ours wants its features; one of the service all that was sent, but the target and weights. */
async function columnsOf(
  model: string,
  { data, target, weight }: ExperimentSpec,
  sent: string,
): Promise<string[]> {
  const own = join(model, 'model.json')
  if (existsSync(own))
    return readInfo(own)
      .table.columns.filter(({ use }) => use === 'feature')
      .map(({ name }) => name)
  const { header } = await openTable(existsSync(sent) ? sent : data)
  return header.filter(name => name !== target && name !== weight)
}

export interface Question {
  readonly text: string
  readonly rows: number
}

/** Rows of a file in the order an endpoint wants them, some of them at a time. */
export async function* questionsOf(
  file: TablePath,
  wanted: readonly string[] | undefined,
  mostBytes = QUESTION_BYTES,
): AsyncGenerator<Question> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-rows-'))
  try {
    // As it was for the table of training: whatever its encoding, read to its end before anything is asked.
    const plain = join(folder, 'rows.csv')
    await writeUpload(file, plain)
    yield* cutRows(plain, wanted, mostBytes)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function* cutRows(
  file: string,
  wanted: readonly string[] | undefined,
  mostBytes: number,
): AsyncGenerator<Question> {
  const { header, blocks } = await openTable(file)
  const places = wanted?.map(name => header.indexOf(name)) ?? [...header.keys()]
  const lacking = wanted?.filter((_, i) => places[i]! < 0) ?? []
  if (lacking.length > 0) {
    throw new InputError(
      'E_MISSING_COLUMNS',
      `the file lacks ${lacking.length === 1 ? 'a column' : `${lacking.length} columns`} that the endpoint was trained on: ${lacking.slice(0, 20).map(quoted).join(', ')} were expected; give a file with them`,
    )
  }
  let lines: string[] = []
  let bytes = 0
  const taken = (): Question => {
    const question = { text: `${lines.join('\n')}\n`, rows: lines.length }
    ;[lines, bytes] = [[], 0]
    return question
  }
  for await (const rows of blocks) {
    for (const row of rows) {
      const line = csvLine(places.map(place => row[place]!))
      const length = Buffer.byteLength(line) + 1
      if (lines.length > 0 && bytes + length > mostBytes) yield taken()
      lines.push(line)
      bytes += length
    }
  }
  if (lines.length > 0) yield taken()
}

/** Asks an endpoint about every row of a file; gives its answers as they come, a line for a row. */
export async function* invokeFile(
  endpoint: Endpoint,
  file: TablePath,
  open: (region: string) => Cloud = region => openCloud(placeFrom(region)),
): AsyncGenerator<string> {
  const cloud = open(endpoint.region)
  for await (const { text, rows } of questionsOf(file, endpoint.columns)) {
    const answer = (await cloud.invoke(endpoint.name, text, CSV, CSV)).toString('utf8')
    const lines = answer
      .replaceAll(/"[^"]*"/g, 'x')
      .split('\n')
      .filter(line => line.trim() !== '').length
    if (lines !== rows) {
      throw new BackendError(
        'E_CLOUD_ANSWER',
        `endpoint ${endpoint.name} answered ${rows} rows with ${lines} lines: expected a line for each; ask it about fewer rows to find the one`,
        { exit: 'unreachable' },
      )
    }
    yield answer.endsWith('\n') ? answer : `${answer}\n`
  }
}

/** The calls that a file would make, questions shortened to their size. */
export async function planInvocations(endpoint: Endpoint, file: TablePath): Promise<PlannedCall[]> {
  const calls: PlannedCall[] = []
  for await (const { text } of questionsOf(file, endpoint.columns)) {
    calls.push({
      service: 'sagemaker-runtime',
      operation: 'InvokeEndpoint',
      request: { EndpointName: endpoint.name, ContentType: CSV, Accept: CSV, Body: text },
    })
  }
  return calls
}

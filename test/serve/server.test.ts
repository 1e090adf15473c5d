import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import Papa from 'papaparse'
import { predictFile } from '../../src/job/predict.ts'
import { modelPredictor } from '../../src/job/predictor.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { ask, invoke, modelFolder, modelNames, serverFor } from './models.ts'

const temporary = temporaryFolder()
const start = serverFor()

/** A batch of another size may round the last digits of a sum otherwise. */
function expectSame(found: string, wanted: string): void {
  const cells = (text: string) => Papa.parse<string[]>(text).data
  const [ours, theirs] = [cells(found), cells(wanted)]
  expect(ours.length).toBe(theirs.length)
  for (const [row, line] of theirs.entries()) {
    expect(ours[row]!.length).toBe(line.length)
    for (const [j, cell] of line.entries()) {
      const other = ours[row]![j]!
      if (other !== cell)
        expect(Math.abs(Number(other) - Number(cell))).toBeLessThan(
          1e-12 * Math.max(1, Math.abs(Number(cell))),
        )
    }
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const LINES = { 'content-type': 'application/jsonlines' }

describe.each(modelNames)('serving %s', name => {
  it('answers a file as predict does, with and without a first line, from CSV, JSON and JSON lines', async () => {
    const folder = modelFolder(temporary, name)
    const file = join(folder, 'questions.csv')
    const predictor = await modelPredictor(folder)
    const { csv } = await predictFile(predictor, file)
    await predictor.close()
    const { port, service } = await start(folder)
    const text = readFileSync(file, 'utf8')
    const named = await invoke(port, text)
    expect(named.status).toBe(200)
    expectSame(named.text, csv!)

    const { data } = Papa.parse<string[]>(text, { skipEmptyLines: true })
    const places = service.features.map(feature => data[0]!.indexOf(feature.name))
    const bare = data.slice(1).map(cells => places.map(place => cells[place]!))
    const rowsOnly = csv!.slice(csv!.indexOf('\n') + 1)
    expectSame((await invoke(port, Papa.unparse(bare, { newline: '\n' }))).text, rowsOnly)

    const objects = bare.map(cells =>
      Object.fromEntries(cells.map((cell, j) => [service.features[j]!.name, cell])),
    )
    const asCsv = { accept: 'text/csv' }
    expectSame(
      (await invoke(port, JSON.stringify({ instances: objects }), { ...JSON_TYPE, ...asCsv })).text,
      rowsOnly,
    )
    expectSame((await invoke(port, JSON.stringify(bare), { ...JSON_TYPE, ...asCsv })).text, rowsOnly)
    const wrapped = bare.map(features => JSON.stringify({ features })).join('\n')
    expectSame((await invoke(port, wrapped, { ...LINES, ...asCsv })).text, rowsOnly)
  })
})

describe('the contract of a container', () => {
  const folder = modelFolder(temporary, 'binary learners')
  const questions = readFileSync(join(folder, 'questions.csv'), 'utf8')
  const two = `${questions.split('\n').slice(0, 3).join('\n')}\n`

  it('is healthy, says how to call it, counts, and describes itself', async () => {
    const { port, service } = await start(folder)
    expect(await ask(port, '/ping')).toMatchObject({ status: 200, text: '' })
    const parameters = JSON.parse((await ask(port, '/execution-parameters')).text) as Record<string, unknown>
    expect(parameters).toMatchObject({ BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 6 })
    const rowsOf = (text: string) => Number(/^glasspilot_rows_total (\d+)$/m.exec(text)![1])
    const before = rowsOf((await ask(port, '/metrics')).text)
    await invoke(port, two)
    await invoke(port, '{', JSON_TYPE)
    const { text: metrics } = await ask(port, '/metrics')
    expect(metrics).toContain('glasspilot_requests_total{path="/invocations",status="200"} 1')
    expect(metrics).toContain('glasspilot_requests_total{path="/invocations",status="400"} 1')
    expect(metrics).toContain('glasspilot_invocation_seconds_count 2')
    expect(rowsOf(metrics) - before).toBe(2)
    const document = JSON.parse((await ask(port, '/openapi.json')).text) as { openapi: string; paths: object }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual([
      '/ping',
      '/invocations',
      '/execution-parameters',
      '/metrics',
    ])
    expect(JSON.stringify(document)).toContain(JSON.stringify(service.features[0]!.name))
    const home = await ask(port, '/')
    expect(home.headers['content-security-policy']).toContain("default-src 'none'")
    expect(home.text).toContain('/invocations')
  })

  it('answers JSON and JSON lines with label, probability, probabilities and labels', async () => {
    const { port, service } = await start(folder)
    const json = await invoke(port, two, { 'content-type': 'text/csv', accept: 'application/json' })
    expect(json.headers['content-type']).toBe('application/json')
    const { predictions } = JSON.parse(json.text) as { predictions: Record<string, unknown>[] }
    expect(predictions).toHaveLength(2)
    expect(Object.keys(predictions[0]!)).toEqual([
      'predicted_label',
      'probability',
      'probabilities',
      'labels',
    ])
    expect(predictions[0]!['labels']).toEqual(service.info.task.classes)
    const lines = await invoke(port, two, { 'content-type': 'text/csv', accept: 'application/jsonlines' })
    expect(
      lines.text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual(predictions)
  })

  it('gives the keys that the variables of a container ask for', async () => {
    const env = {
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label, probabilities,labels,raw_score',
      SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'application/json',
    }
    const { port, service } = await start(folder, { env })
    const all = await invoke(port, two, { 'content-type': 'text/csv' })
    const [first] = (JSON.parse(all.text) as { predictions: Record<string, unknown>[] }).predictions
    expect(first).toMatchObject({ labels: service.info.task.classes, raw_score: 'nan' })
    const csv = await invoke(port, two, { 'content-type': 'text/csv;header=present', accept: 'text/csv' })
    const quoted = service.info.task.classes.map(label => `'${label}'`).join(', ')
    expect(csv.text.split('\n')[0]).toBe('predicted_label,probabilities,labels,raw_score')
    expect(csv.text.split('\n')[1]).toBe(
      `${String(first!['predicted_label'])},"[${(first!['probabilities'] as number[]).join(', ')}]","[${quoted}]",nan`,
    )
  })

  it('gives nan for keys that the containers before do not hand over, and refuses keys outside the supported ones', async () => {
    const env = {
      SAGEMAKER_INFERENCE_INPUT: 'predicted_label',
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label,probability',
    }
    const { port } = await start(folder, { env })
    expect((await invoke(port, two)).text.split('\n')[1]).toMatch(/,nan$/)
    const unsupported = {
      SAGEMAKER_INFERENCE_SUPPORTED: 'predicted_label',
      SAGEMAKER_INFERENCE_OUTPUT: 'labels',
    }
    await expect(start(folder, { env: unsupported })).rejects.toMatchObject({ code: 'E_INFERENCE_KEY' })
  })

  it('answers many clients at once each its own rows', async () => {
    const { port, service } = await start(folder)
    const lines = questions.trimEnd().split('\n')
    const whole = (await invoke(port, questions)).text.trimEnd().split('\n')
    const answers = await Promise.all(
      lines
        .slice(1)
        .map(line => invoke(port, `${lines[0]}\n${line}\n`).then(({ text }) => text.split('\n')[1])),
    )
    for (const [row, line] of whole.slice(1).entries()) expectSame(answers[row]!, line)
    expect(service.waiting).toBe(0)
  })

  it.each([
    ['an empty question', '', {}, 204, ''],
    ['another content type', 'x', { 'content-type': 'image/png' }, 415, 'content type image/png'],
    ['text that needs no preflight', two, { 'content-type': 'text/plain' }, 415, 'text/plain'],
    ['an answer that cannot be', two, { accept: 'image/png' }, 406, 'image/png'],
    ['a missing column', 'a,b\n1,2\n', { 'content-type': 'text/csv;header=present' }, 400, 'lacks'],
    ['a row too short', two.replace(/,[^,\n]*\n$/, '\n'), {}, 400, 'row 2 has'],
    ['broken JSON', '{', JSON_TYPE, 400, 'not JSON'],
    ['a broken line', '{"a":1}\n{', LINES, 400, 'line 2 is not JSON'],
    ['rows that are no objects', '[1]', JSON_TYPE, 400, 'row 1 of the request is no object'],
    ['a column in no row', '[{"nothing":1}]', JSON_TYPE, 400, 'lacks'],
    ['instances that are no list', '{"instances":1}', JSON_TYPE, 400, 'no list'],
    ['bytes that are no text', Buffer.from([0x61, 0xff, 0xfe]), {}, 400, 'not UTF-8'],
    ['deep JSON', '['.repeat(100_000), JSON_TYPE, 400, 'nests'],
    ['keys of every object', '{"__proto__":1,"constructor":2}', JSON_TYPE, 400, 'lacks'],
  ] as const)('%s has its own status and sentence', async (_, body, headers, status, says) => {
    const { port } = await shared
    const answer = await invoke(port, body, { 'content-type': 'text/csv', ...headers })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(says)
    expect((await ask(port, '/ping')).status).toBe(200)
  })
  const shared = start(folder)

  it('rows without names may have all columns of the training table, also those that are no features', async () => {
    const folder = modelFolder(temporary, 'binary learners')
    const path = join(folder, 'model.json')
    const info = JSON.parse(readFileSync(path, 'utf8')) as { table: { columns: { name: string }[] } }
    const names = info.table.columns.map(({ name }) => name)
    writeFileSync(path, JSON.stringify({ ...info, given: ['id', ...names, 'note'] }))
    const { port } = await start(folder)
    const rows = readFileSync(join(folder, 'questions.csv'), 'utf8').trimEnd().split('\n').slice(1, 4)
    const body = (change: (row: string) => string) => rows.map(row => `${change(row)}\n`).join('')
    const plain = await invoke(
      port,
      body(row => row),
    )
    expect(plain.status).toBe(200)
    expect(
      (
        await invoke(
          port,
          body(row => `7,${row},x`),
        )
      ).text,
    ).toBe(plain.text)
    expect(
      (
        await invoke(
          port,
          body(row => `7,${row}`),
        )
      ).status,
    ).toBe(400)
  })

  it('knows its places and methods', async () => {
    const { port } = await shared
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect((await ask(port, '/invocations', { method })).status).toBe(405)
      expect((await ask(port, '/nowhere', { method })).status).toBe(404)
    }
    expect((await ask(port, '/ping', { method: 'POST' })).status).toBe(405)
    expect((await ask(port, '/%2e%2e/ping')).status).toBe(404)
  })

  it('takes a value that is a list only where the column holds series', async () => {
    const { port, service } = await shared
    const row = Object.fromEntries(service.features.map(({ name }) => [name, [1]]))
    const answer = await invoke(port, JSON.stringify(row), JSON_TYPE)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('row 1: column')
  })
})

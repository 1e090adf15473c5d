import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder } from '../helpers/cli.ts'
import { exported, trained, writeOffice } from './packages.ts'

const folder = temporaryFolder()
let expected: string[] = []
const servers: ChildProcess[] = []

/** Starts the container's server on a free port. */
async function serve(env: Record<string, string> = {}): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(process.execPath, [join(folder, 'docker/serve.mjs'), 'serve'], {
    env: { ...process.env, SAGEMAKER_BIND_TO_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  servers.push(server)
  const [line] = (await once(server.stderr!, 'data')) as [Buffer]
  return { server, url: `http://127.0.0.1:${/port (\d+)/.exec(line.toString())![1]}` }
}

async function ask(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${url}/invocations`, { method: 'POST', body, headers })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

const CSV = { 'content-type': 'text/csv' }
const JSON_TYPE = { 'content-type': 'application/json' }
const header = 'when;price;city;note;tiny'
const rows = ['1.2.2020 10:30;"1.234,5";Rome;soon;1e-9', ';;;;']
const objects = [
  { when: Date.UTC(2020, 1, 1, 10, 30), price: 1234.5, city: 'Rome', note: 'soon', tiny: 1e-9, other: true },
  { when: null },
]

describe('the server of the Docker package', () => {
  let url = ''
  beforeAll(async () => {
    writeOffice(join(folder, 'table.csv'), 300, 'binary')
    await trained(folder, 'table.csv', 2)
    await exported(folder, 'docker')
    writeFileSync(join(folder, 'two.csv'), `${[header, ...rows].join('\n')}\n`)
    expected = (await glasspilot(['predict', 'experiment', 'two.csv'], { cwd: folder })).stdout
      .trimEnd()
      .split('\n')
    ;({ url } = await serve())
  })
  afterAll(() => servers.forEach(server => server.kill('SIGKILL')))

  it('is healthy', async () => {
    expect((await fetch(`${url}/ping`)).status).toBe(200)
    expect(await (await fetch(`${url}/execution-parameters`)).json()).toMatchObject({
      BatchStrategy: 'MULTI_RECORD',
    })
  })

  it('answers a table that names its columns with the bytes of "glasspilot predict"', async () => {
    const table = readFileSync(join(folder, 'table.csv'), 'utf8')
    const { stdout } = await glasspilot(['predict', 'experiment', 'table.csv'], { cwd: folder })
    expect(await ask(url, table, CSV)).toEqual({ status: 200, type: 'text/csv', text: stdout })
  })

  it('answers rows without names, in the order of the table, with rows', async () => {
    const body = rows.join('\n').replace('"1.234,5"', '1.234,5').replaceAll(';', '\t')
    const comma = '1.2.2020 10:30,"1.234,5",Rome,soon,1e-9\n,,,,\n'
    expect((await ask(url, comma, CSV)).text).toBe(`${expected.slice(1).join('\n')}\n`)
    const absent = { 'content-type': 'text/csv; charset=utf-8; header=absent' }
    expect((await ask(url, comma, absent)).text).toBe(`${expected.slice(1).join('\n')}\n`)
    expect((await ask(url, body, CSV)).status).toBe(400)
  })

  it('answers JSON: numbers as numbers whatever the writing of the table, null and nothing as missing', async () => {
    const answer = await ask(
      url,
      JSON.stringify({
        instances: objects.map(row => ({ city: null, note: null, tiny: null, price: null, ...row })),
      }),
      JSON_TYPE,
    )
    expect(answer).toMatchObject({ status: 200, type: 'application/json' })
    const { predictions } = JSON.parse(answer.text) as { predictions: Record<string, unknown>[] }
    const lines = predictions.map(row =>
      [row['predicted_label'], row['probability'], ...(row['probabilities'] as number[])].join(','),
    )
    expect(lines).toEqual(expected.slice(1))
    expect(expected[0]).toBe(
      `predicted_label,probability,${(predictions[0]!['labels'] as string[]).map(label => `probability_${label}`).join(',')}`,
    )
  })

  it('answers JSON lines with JSON lines, rows as objects and as lists', async () => {
    const objectLines = [
      { when: Date.UTC(2020, 1, 1, 10, 30), price: 1234.5, city: 'Rome', note: 'soon', tiny: 1e-9 },
      [null, null, null, null, null],
      { features: [null, null, null, null, null] },
    ]
    const body = `${objectLines.map(line => JSON.stringify(line)).join('\n')}\n\n`
    const { status, type, text } = await ask(url, body, { 'content-type': 'application/x-jsonlines' })
    expect([status, type]).toEqual([200, 'application/jsonlines'])
    const lines = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { predicted_label: string; probability: number })
    const told = lines.map(line => `${line.predicted_label},${line.probability}`)
    const wanted = expected.slice(1).map(line => line.split(',').slice(0, 2).join(','))
    expect(told).toEqual([wanted[0], wanted[1], wanted[1]])
  })

  it('tells those who come while too many wait to come again', async () => {
    const { server, url: held } = await serve()
    const body = '[null,null,null,null,null]\n'.repeat(300)
    const headers = { 'content-type': 'application/jsonlines' }
    const sent: Promise<unknown>[] = []
    // The server stands still until all have come: how fast this machine sends has no part in it.
    server.kill('SIGSTOP')
    const coming = Array.from({ length: 250 }, () => {
      const asked = request(`${held}/invocations`, { method: 'POST', headers, agent: false })
      const answered = once(asked, 'response') as Promise<[IncomingMessage]>
      sent.push(once(asked.end(body), 'finish'))
      return answered.then(async ([response]) => ({
        status: response.statusCode,
        told: await text(response),
      }))
    })
    await Promise.all(sent)
    server.kill('SIGCONT')
    const answers = await Promise.all(coming)
    const busy = answers.filter(({ status }) => status === 503)
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
    expect(busy.length).toBeGreaterThan(0)
    expect(busy.every(({ told }) => told.includes('E_BUSY'))).toBe(true)
    expect(answers.length - busy.length).toBeGreaterThanOrEqual(100)
  })

  it('gives the form that is asked for', async () => {
    const body = JSON.stringify(objects)
    expect((await ask(url, body, { ...JSON_TYPE, accept: 'text/csv' })).text).toBe(
      `${expected.slice(1).join('\n')}\n`,
    )
    const csv = await ask(url, [header, ...rows].join('\n'), {
      ...CSV,
      accept: 'image/png, application/json;q=0.5',
    })
    expect((JSON.parse(csv.text) as { predictions: unknown[] }).predictions).toHaveLength(2)
  })

  it.each([
    ['an empty question', '', CSV, 204, ''],
    ['another content type', 'x', { 'content-type': 'image/png' }, 415, 'content type image/png'],
    ['an answer that cannot be', 'x', { ...CSV, accept: 'image/png' }, 406, 'image/png'],
    ['a missing column', 'when;price;note;tiny\n;;;\n', CSV, 400, '"city"'],
    ['a column in no row', '[{"when":"1.1.2020"}]', JSON_TYPE, 400, 'lacks 4 columns'],
    ['a row too short', '1,2\n', CSV, 400, '5 were expected'],
    ['broken JSON', '{', JSON_TYPE, 400, 'not JSON'],
    ['rows that are no objects', '[1]', JSON_TYPE, 400, 'no object'],
    [
      'a row of a list that is too short',
      '{"features":[1]}',
      { 'content-type': 'application/jsonlines' },
      400,
      '5 were expected',
    ],
    [
      'a broken line',
      '{"city":1}\n{',
      { 'content-type': 'application/jsonlines' },
      400,
      'line 2 is not JSON',
    ],
    ['what nests too deep', '['.repeat(40), JSON_TYPE, 400, 'nests more than 16'],
    [
      'too many rows',
      '[1,2,3,4,5]\n'.repeat(10_001),
      { 'content-type': 'application/jsonlines' },
      413,
      '10000',
    ],
    [
      'a value that is a list',
      JSON.stringify([{ ...objects[0], city: [1] }]),
      JSON_TYPE,
      400,
      '"city" has a list',
    ],
  ] as const)('%s has its own status and sentence', async (_, body, headers, status, says) => {
    const answer = await ask(url, body, headers)
    expect(answer.status).toBe(status)
    if (status === 204) return expect(answer.text).toBe(says)
    const { error, code } = JSON.parse(answer.text) as { error: string; code: string }
    expect(error).toContain(says)
    expect(code).toMatch(/^E_[A-Z_]+$/)
  })

  it('other places and methods', async () => {
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    expect((await fetch(`${url}/invocations`)).status).toBe(405)
  })

  it('has the keys of SAGEMAKER_INFERENCE_OUTPUT, a limit on questions, and ends well on SIGTERM', async () => {
    const { server, url } = await serve({
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label, probabilities,labels,raw_score',
      MAX_CONTENT_LENGTH: '1000',
    })
    const [label, , ja, nein] = expected[1]!.split(',')
    const names = /probability_(\w+),probability_(\w+)$/.exec(expected[0]!)!.slice(1)
    const answer = await ask(url, '1.2.2020 10:30,"1.234,5",Rome,soon,1e-9\n', CSV)
    expect(answer.text).toBe(`${label},"[${ja}, ${nein}]","['${names[0]}', '${names[1]}']",nan\n`)
    expect((await ask(url, 'x'.repeat(2000), CSV)).status).toBe(413)
    server.kill('SIGTERM')
    expect(await once(server, 'exit')).toEqual([0, null])
  })
})

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Batcher } from '../../src/serve/batcher.ts'
import type { Row } from '../../src/serve/rows.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { ask, invoke, modelFolder, serverFor } from './models.ts'

const temporary = temporaryFolder()
const start = serverFor()
const folder = modelFolder(temporary, 'binary learners')
const questions = readFileSync(join(folder, 'questions.csv'), 'utf8')
const CSV = { 'content-type': 'text/csv' }

/** What a raw text on the wire is answered with, until the server or we hang up. */
function raw(port: number, parts: readonly (string | Buffer)[], milliseconds = 2000): Promise<string> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', chunk => (text += chunk.toString()))
    socket.on('close', () => done(text))
    socket.on('error', () => {})
    setTimeout(() => socket.destroy(), milliseconds)
    for (const part of parts) socket.write(part)
  })
}

describe('limits', () => {
  const server = start(folder, { maxBytes: 2 ** 20 })

  it('refuses what is too large by its announcement and by its bytes, and lets the client read why', async () => {
    const { port } = await server
    const large = Buffer.alloc(2 ** 21, 0x61)
    const announced = await invoke(port, large)
    expect([announced.status, announced.text.includes('larger than 1048576 bytes')]).toEqual([413, true])
    const streamed = await invoke(port, large, { ...CSV, 'transfer-encoding': 'chunked' })
    expect(streamed.status).toBe(413)
  })

  it('refuses too many rows, and takes the most that may be', async () => {
    const { port } = await server
    const [header, line] = questions.split('\n')
    const rows = (n: number) => `${header}\n${`${line}\n`.repeat(n)}`
    const { port: small } = await start(folder, { limits: { maxRows: 20 } })
    expect((await invoke(small, rows(20))).text.trimEnd().split('\n')).toHaveLength(21)
    expect(await invoke(small, rows(21))).toMatchObject({ status: 413 })
    expect((await ask(port, '/ping')).status).toBe(200)
  })

  it('refuses a body in a million pieces without keeping them', async () => {
    const { port } = await server
    const head =
      'POST /invocations HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n'
    const piece = '1\r\na\r\n'
    const before = process.memoryUsage.rss()
    const text = await raw(
      port,
      [head.replace('PORT', String(port)), ...Array.from({ length: 20 }, () => piece.repeat(10_000))],
      5000,
    )
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('pieces')
    expect(process.memoryUsage.rss() - before).toBeLessThan(80e6)
    expect((await ask(port, '/ping')).status).toBe(200)
  })

  it.each([
    [
      'a header too long',
      `GET /ping HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'a negative length',
      'POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length that is no number',
      'POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'two lengths',
      'POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      /^HTTP\/1\.1 400 /,
    ],
    ['no host', 'GET /ping HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 4(00|21) /],
    ['a line that is no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['another version', 'GET /ping HTTP/9.9\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('%s is refused, and the server goes on', async (_, text, expected) => {
    const { port } = await server
    expect(await raw(port, [text], 500)).toMatch(expected)
    expect((await ask(port, '/ping')).status).toBe(200)
  })

  it('tells a number and nothing else when the fault is its own', async () => {
    const log: string[] = []
    const { port, service } = await start(folder, { log: text => log.push(text) })
    await service.close() // the model is gone
    const answer = await invoke(port, questions.split('\n').slice(0, 2).join('\n'))
    expect(answer.status).toBe(500)
    const told = JSON.parse(answer.text) as { error: string; id: string }
    expect(Object.keys(told)).toEqual(['error', 'id'])
    expect(told.error).toBe('internal error')
    expect(log.join('\n')).toContain(told.id)
  })
})

describe('the queue', () => {
  const rowsOf = (n: number, value: number): Row[] => Array.from({ length: n }, () => [value])

  /** A model that takes 1 ms a row and answers each with its own number. */
  const slow = (onRows: (rows: number) => void = () => {}) =>
    new Batcher(
      async rows => {
        onRows(rows.length)
        await new Promise(done => setTimeout(done, rows.length))
        return Float64Array.from(rows, row => row[0] as number)
      },
      { width: 1, maxQueue: 20 },
    )

  it('joins what comes together and gives each its own', async () => {
    const sizes: number[] = []
    const batcher = slow(rows => sizes.push(rows))
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => batcher.submit(rowsOf(1 + (i % 2), i))),
    )
    expect(answers.map(answer => [...answer])).toEqual([[0], [1, 1], [2], [3, 3], [4], [5, 5]])
    expect(sizes).toEqual([9])
  })

  it('lets small requests pass a large one', async () => {
    const batcher = slow()
    const order: string[] = []
    const large = batcher.submit(rowsOf(400, 1)).then(outputs => order.push(`large ${outputs.length}`))
    const small = batcher.submit(rowsOf(1, 2)).then(() => order.push('small'))
    await Promise.all([large, small])
    expect(order).toEqual(['small', 'large 400'])
  })

  it('refuses at once what would wait too long', async () => {
    const batcher = slow()
    const taken = Array.from({ length: 20 }, () => batcher.submit(rowsOf(1, 1)))
    expect(() => batcher.submit(rowsOf(1, 1))).toThrow('too many requests')
    await Promise.all(taken)
    await expect(batcher.submit(rowsOf(2, 3))).resolves.toEqual(Float64Array.of(3, 3))
  })

  it('fails those whose batch failed and goes on with the others', async () => {
    let calls = 0
    const batcher = new Batcher(
      async rows => {
        if (calls++ === 0) throw new Error('no')
        return Float64Array.from(rows, () => 1)
      },
      { width: 1, maxQueue: 20 },
    )
    await expect(batcher.submit(rowsOf(100, 1))).rejects.toThrow('no')
    await expect(batcher.submit(rowsOf(1, 1))).resolves.toEqual(Float64Array.of(1))
    expect(batcher.waiting).toBe(0)
  })
})

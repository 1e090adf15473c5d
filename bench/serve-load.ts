import { connect, type Socket } from 'node:net'

// The load on a server, from a process of its own: node serve-load.js PORT CONNECTIONS SECONDS RATE BODY. With a rate, requests
// start when they are due, whether or not those before are answered; without, each connection asks again when it is answered.

const [port, connections, seconds, rate] = process.argv.slice(2, 6).map(Number) as [
  number,
  number,
  number,
  number,
]
const body = process.argv[6]!
const REQUEST = Buffer.from(
  `POST /invocations HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: text/csv\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
)
const WARM_UP_SECONDS = Math.min(2, seconds / 4)

const latencies: number[] = []
const refusals: number[] = []
let errors = 0
let busy = 0
let measured = 0
const begun = performance.now()
const from = begun + WARM_UP_SECONDS * 1000
const until = from + seconds * 1000

interface Client {
  readonly socket: Socket
  /** When the request in flight was due, or 0. */
  due: number
}
const waiting: number[] = []

function finish(client: Client, status: number): void {
  const now = performance.now()
  if (client.due >= from && client.due < until) {
    measured++
    if (status === 200) latencies.push(now - client.due)
    else if (status === 503) {
      busy++
      refusals.push(now - client.due)
    } else errors++
  }
  client.due = 0
}

function next(client: Client): void {
  if (rate > 0) {
    const due = waiting.shift()
    if (due !== undefined) send(client, due)
  } else if (performance.now() < until) send(client, performance.now())
}

function send(client: Client, due: number): void {
  client.due = due
  client.socket.write(REQUEST)
}

function open(): Promise<Client> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    const client: Client = { socket, due: 0 }
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      const status = Number(text.slice(9, 12))
      text = ''
      finish(client, status)
      next(client)
    })
    socket.on('error', () => {})
    // A server may close a connection on which nothing is asked; one with a request in flight it may not.
    socket.on('close', () => {
      if (client.due > 0) errors++
      client.due = Infinity
    })
    socket.on('connect', () => done(client))
  })
}

/** Requests that are due go to the connections in turn, so that none is idle for long. */
let turn = 0
function serveAll(): void {
  for (let i = 0; i < clients.length && waiting.length > 0; i++) {
    const client = clients[turn++ % clients.length]!
    if (client.due === 0) next(client)
  }
}

const clients = await Promise.all(Array.from({ length: connections }, open))
if (rate > 0) {
  let due = performance.now()
  while (due < until) {
    const now = performance.now()
    for (; due <= now; due += 1000 / rate) waiting.push(due)
    serveAll()
    await new Promise(done => setTimeout(done, 1))
  }
} else {
  clients.forEach(next)
  await new Promise(done => setTimeout(done, until - performance.now()))
}
// What was due and is not answered two seconds later counts as lost.
for (const end = until + 2000; performance.now() < end;) {
  if (rate > 0) serveAll()
  if (waiting.length === 0 && clients.every(({ due }) => due === 0 || due === Infinity)) break
  await new Promise(done => setTimeout(done, 1))
}
errors += waiting.length + clients.filter(({ due }) => due > 0 && due < Infinity).length
for (const { socket } of clients) socket.destroy()
const sorted = Float64Array.from(latencies).sort()
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
process.stdout.write(
  JSON.stringify({
    requests: measured,
    errors,
    busy,
    busyP99: refusals.sort((a, b) => a - b)[Math.floor(0.99 * refusals.length)] ?? 0,
    perSecond: sorted.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
  }),
)
process.exit(0)

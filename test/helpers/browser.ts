import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'

/** The Chromium to look at pages with: GLASSPILOT_CHROMIUM, or one on the path. */
export function findChromium(): string | undefined {
  const given = process.env['GLASSPILOT_CHROMIUM']
  if (given) return existsSync(given) ? given : undefined
  return ['chromium', 'chromium-browser', 'google-chrome'].find(
    name => spawnSync(name, ['--version']).status === 0,
  )
}

/** How a page is looked at. */
export interface View {
  /** In CSS pixels. */
  readonly width: number
  readonly scheme: 'light' | 'dark'
}

/** What a page did and what is wrong with it, as far as a machine can see. */
export interface Looked {
  /** Errors and warnings of the console, policy violations, exceptions. */
  readonly console: readonly string[]
  /** Addresses asked for beside the page itself and what it carries in it. */
  readonly requests: readonly string[]
  /** Pixels by which the page is wider than its window. */
  readonly overflow: number
  /** Texts of pictures that reach beyond them, lie over one another or can hardly be read. */
  readonly faults: readonly string[]
  /** PNG of the whole page, in pieces from top to bottom. */
  readonly pictures: readonly Buffer[]
}

export interface Browser {
  look(file: string, view: View, options?: { readonly pictures?: boolean }): Promise<Looked>
  /** The page as it prints, as a PDF. */
  print(file: string): Promise<Buffer>
  close(): Promise<void>
}

const INSPECTION = readFileSync(join(process.cwd(), 'test/helpers/inspect-page.js'), 'utf8')
const HEIGHT = 900
const PIECE = 1600 // of a picture, in CSS pixels

/** Opens Chromium without a screen and speaks its DevTools protocol over a pipe: nothing listens on a port. */
export async function openBrowser(chromium: string): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-browser-'))
  const child = spawn(
    chromium,
    ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-extensions', '--disable-background-networking', '--hide-scrollbars', '--remote-debugging-pipe', `--user-data-dir=${folder}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  ) // prettier-ignore
  const ended = new Promise<void>(done => child.on('close', () => done()))
  const wire = connect(child.stdio[3] as Writable, child.stdio[4] as Readable)
  return {
    look: (file, view, { pictures = false } = {}) =>
      withPage(wire, async page => {
        await resize(page, view.width, HEIGHT)
        await page.ask('Emulation.setEmulatedMedia', {
          features: [{ name: 'prefers-color-scheme', value: view.scheme }],
        })
        const heard = listen(page, pathToFileURL(file).href)
        await open(page, file)
        const found = await evaluate<Pick<Looked, 'overflow' | 'faults'>>(page, INSPECTION)
        return { ...heard, ...found, pictures: pictures ? await photograph(page, view.width) : [] }
      }),
    print: file =>
      withPage(wire, async page => {
        await open(page, file)
        const { data } = await page.ask<{ data: string }>('Page.printToPDF', { printBackground: false })
        return Buffer.from(data, 'base64')
      }),
    async close() {
      await wire.ask('Browser.close', {}).catch(() => undefined)
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Params = Readonly<Record<string, unknown>>
interface Wire {
  ask<T = unknown>(method: string, params?: Params, session?: string): Promise<T>
  on(session: string, listener: (method: string, params: Params) => void): void
}
interface Page {
  ask<T = unknown>(method: string, params?: Params): Promise<T>
  on(listener: (method: string, params: Params) => void): void
}

/** Messages are JSON, each ended by a zero byte. */
function connect(input: Writable, output: Readable): Wire {
  const waiting = new Map<number, { done(value: unknown): void; refuse(error: Error): void }>()
  const listeners = new Map<string, ((method: string, params: Params) => void)[]>()
  let last = 0
  let rest = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0')
    rest = parts.pop()!
    for (const part of parts) {
      const { id, result, error, method, params, sessionId } = JSON.parse(part) as {
        id?: number
        result?: unknown
        error?: { message: string }
        method: string
        params: Params
        sessionId?: string
      }
      if (id === undefined) {
        for (const listener of listeners.get(sessionId ?? '') ?? []) listener(method, params)
        continue
      }
      const answer = waiting.get(id)
      waiting.delete(id)
      if (error) answer?.refuse(new Error(error.message))
      else answer?.done(result)
    }
  })
  output.on('close', () => {
    for (const { refuse } of waiting.values()) refuse(new Error('the browser has ended'))
  })
  return {
    ask: <T>(method: string, params: Params = {}, sessionId?: string) =>
      new Promise<T>((done, refuse) => {
        waiting.set(++last, { done: value => done(value as T), refuse })
        input.write(`${JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) })}\0`)
      }),
    on: (session, listener) => listeners.set(session, [...(listeners.get(session) ?? []), listener]),
  }
}

async function withPage<T>(wire: Wire, use: (page: Page) => Promise<T>): Promise<T> {
  const { targetId } = await wire.ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await wire.ask<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true }) // prettier-ignore
  try {
    return await use({
      ask: (method, params) => wire.ask(method, params, sessionId),
      on: listener => wire.on(sessionId, listener),
    })
  } finally {
    await wire.ask('Target.closeTarget', { targetId })
  }
}

const resize = (page: Page, width: number, height: number) =>
  page.ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })

async function open(page: Page, file: string): Promise<void> {
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.ask(`${domain}.enable`)
  const loaded = new Promise<void>(done =>
    page.on(method => {
      if (method === 'Page.loadEventFired') done()
    }),
  )
  await page.ask('Page.navigate', { url: pathToFileURL(file).href })
  await loaded
}

/** Lists that fill while the page loads. */
function listen(page: Page, address: string): Pick<Looked, 'console' | 'requests'> {
  const said: string[] = []
  const requests: string[] = []
  page.on((method, params) => {
    if (method === 'Log.entryAdded') said.push((params['entry'] as { text: string }).text)
    if (method === 'Runtime.consoleAPICalled') said.push(JSON.stringify(params['args']))
    if (method === 'Runtime.exceptionThrown') said.push(JSON.stringify(params['exceptionDetails']))
    if (method !== 'Network.requestWillBeSent') return
    const { url } = params['request'] as { url: string }
    if (url !== address && !url.startsWith('data:')) requests.push(url)
  })
  return { console: said, requests }
}

async function evaluate<T>(page: Page, expression: string): Promise<T> {
  const { result, exceptionDetails } = await page.ask<{
    result: { value: T }
    exceptionDetails?: { exception?: { description?: string } }
  }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page threw')
  return result.value
}

async function photograph(page: Page, width: number): Promise<Buffer[]> {
  const { cssContentSize } = await page.ask<{ cssContentSize: { height: number } }>('Page.getLayoutMetrics')
  const pictures: Buffer[] = []
  for (let y = 0; y < cssContentSize.height; y += PIECE) {
    const clip = { x: 0, y, width, height: Math.min(PIECE, cssContentSize.height - y), scale: 1 }
    const { data } = await page.ask<{ data: string }>('Page.captureScreenshot', { clip, captureBeyondViewport: true }) // prettier-ignore
    pictures.push(Buffer.from(data, 'base64'))
  }
  return pictures
}

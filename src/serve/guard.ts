import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { InputError } from '../util/errors.ts'

/** Who may talk to a server on this machine. */
export interface GuardOptions {
  /** Names beside localhost that a request may have in `Host`; `*` for any. */
  readonly allowedHosts: readonly string[]
  /** Pages whose scripts may call, as whole origins: `https://app.example.com`. */
  readonly allowedOrigins: readonly string[]
  /** Asked for as `Authorization: Bearer …`. */
  readonly token?: string
}

/** A refusal by the guard; `body` is left out where a page that should not be here could read it. */
export interface Denial {
  readonly status: 401 | 403 | 421
  readonly message: string
  /** Wait before the answer: too many wrong tokens. */
  readonly delayMs: number
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** A server that others can reach needs a token and the names it is called by. */
export function checkExposure(host: string, { allowedHosts, token }: GuardOptions): void {
  if (isLoopback(host) || (token !== undefined && token.length >= 16 && allowedHosts.length > 0)) return
  throw new InputError(
    'E_EXPOSED',
    `--host ${host} can be reached from other machines: expected --token (at least 16 characters, or in GLASSPILOT_TOKEN) and --allowed-host NAME beside it; give both, or leave --host out`,
    { exit: 'usage' },
  )
}

const FAILURES_PER_MINUTE = 10
const DELAY_MS = 1000

/**
 * Refuses what a page in a browser could send without its user knowing: another name in `Host` (DNS rebinding), another site's
 * scripts. No answer allows another origin unless it was named, as a whole.
 */
export class Guard {
  private readonly options: GuardOptions
  private readonly expected: Buffer | undefined
  private failures: number[] = []
  private readonly now: () => number

  constructor(options: GuardOptions, now: () => number = () => performance.now()) {
    this.options = options
    this.expected = options.token === undefined ? undefined : digest(options.token)
    this.now = now
  }

  /** Undefined when the request may pass. `open` paths need no token. */
  check(request: IncomingMessage, open: boolean): Denial | undefined {
    const { host, origin, authorization } = request.headers
    if (!this.knowsHost(host, request.socket.localPort)) return { status: 421, message: '', delayMs: 0 }
    const site = request.headers['sec-fetch-site']
    const own = origin !== undefined && this.options.allowedOrigins.includes(origin)
    if (!own) {
      if (site === 'cross-site' || site === 'same-site') return foreign
      if (origin !== undefined && origin !== `http://${host}`) return foreign
    }
    if (open || !this.expected) return undefined
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
    if (timingSafeEqual(digest(given), this.expected)) return undefined
    return {
      status: 401,
      message: 'the token is missing or wrong: "Authorization: Bearer TOKEN" was expected',
      delayMs: this.fail(),
    }
  }

  /** Headers that let the scripts of a named page read the answer. */
  corsHeaders(request: IncomingMessage): Record<string, string> {
    const { origin } = request.headers
    if (origin === undefined || !this.options.allowedOrigins.includes(origin)) return {}
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'authorization, content-type, accept',
      'access-control-allow-methods': 'GET, POST',
      vary: 'origin',
    }
  }

  private knowsHost(host: string | undefined, port: number | undefined): boolean {
    if (host === undefined) return false
    const { allowedHosts } = this.options
    if (allowedHosts.includes('*') || allowedHosts.includes(host)) return true
    const match = /^(.+?)(?::(\d+))?$/.exec(host)
    if (!match || (host.startsWith('[') && !/^\[::1\](?::\d+)?$/.test(host))) return false
    const name = host.startsWith('[') ? '[::1]' : match[1]
    const asked = Number(/:(\d+)$/.exec(host)?.[1] ?? 80)
    if (allowedHosts.includes(name)) return true
    return (name === 'localhost' || name === '127.0.0.1' || name === '[::1]') && asked === port
  }

  private fail(): number {
    const now = this.now()
    this.failures = [...this.failures.filter(time => now - time < 60_000), now].slice(
      -2 * FAILURES_PER_MINUTE,
    )
    return this.failures.length > FAILURES_PER_MINUTE ? DELAY_MS : 0
  }
}

const foreign: Denial = {
  status: 403,
  message: 'the request comes from a page of another site: only pages named by --allowed-origin may call',
  delayMs: 0,
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

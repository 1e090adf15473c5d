import { describe, expect, it } from 'vitest'
import { checkExposure, isLoopback } from '../../src/serve/guard.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { ask, modelFolder, OPEN, serverFor } from './models.ts'

const temporary = temporaryFolder()
const start = serverFor()
const folder = modelFolder(temporary, 'binary learners')
const TOKEN = 'a-token-of-more-than-16'

describe('who may call', () => {
  const open = start(folder)
  const guarded = start(folder, { guard: { ...OPEN, token: TOKEN, allowedHosts: ['model.example'] } })
  const paged = start(folder, { guard: { ...OPEN, allowedOrigins: ['https://app.example'] } })

  it.each([
    ['localhost:PORT', 200],
    ['127.0.0.1:PORT', 200],
    ['[::1]:PORT', 200],
    ['localhost', 421],
    ['localhost:1', 421],
    ['evil.example:PORT', 421],
    ['127.0.0.1.evil.example:PORT', 421],
    ['localhost.evil.example:PORT', 421],
    ['[::1].evil.example', 421],
    ['evil.example@localhost:PORT', 421],
  ])('a request for %s gets %i', async (host, status) => {
    const { port } = await open
    const answer = await ask(port, '/execution-parameters', {
      headers: { host: host.replace('PORT', String(port)) },
    })
    expect(answer.status).toBe(status)
    if (status === 421) expect(answer.text).toBe('')
  })

  it('other sites cannot call, whatever the method, type and sign of them', async () => {
    const { port } = await open
    const origins = [
      undefined,
      `http://127.0.0.1:${port}`,
      'http://evil.example',
      'null',
      `http://127.0.0.1:${port}.evil.example`,
    ]
    const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site']
    const types = ['text/csv', 'application/json', 'text/plain', 'multipart/form-data']
    for (const origin of origins) {
      for (const site of sites) {
        for (const type of types) {
          const headers = {
            'content-type': type,
            ...(origin !== undefined && { origin }),
            ...(site !== undefined && { 'sec-fetch-site': site }),
          }
          const { status, headers: answered } = await ask(port, '/invocations', {
            method: 'POST',
            headers,
            body: '',
          })
          const foreign =
            (origin !== undefined && origin !== `http://127.0.0.1:${port}`) ||
            site === 'same-site' ||
            site === 'cross-site'
          expect([origin, site, type, status]).toEqual([
            origin,
            site,
            type,
            foreign ? 403 : type.endsWith('csv') || type.endsWith('json') ? 204 : 415,
          ])
          expect(answered['access-control-allow-origin']).toBeUndefined()
        }
      }
    }
  })

  it('only pages that were named may read answers, and no name is a part of another', async () => {
    const { port } = await paged
    const from = (origin: string, method = 'GET') =>
      ask(port, '/execution-parameters', { method, headers: { origin, 'sec-fetch-site': 'cross-site' } })
    const named = await from('https://app.example')
    expect([named.status, named.headers['access-control-allow-origin']]).toEqual([200, 'https://app.example'])
    expect((await from('https://app.example', 'OPTIONS')).status).toBe(204)
    for (const origin of [
      'https://app.example.evil',
      'https://xapp.example',
      'http://app.example',
      '*',
      'null',
    ]) {
      const answer = await from(origin)
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([403, undefined])
    }
  })

  it('a token is asked for everywhere but at /ping, and guessing is made slow', async () => {
    const { port } = await guarded
    const get = (authorization?: string) =>
      ask(port, '/metrics', { headers: { host: 'model.example', ...(authorization && { authorization }) } })
    expect((await ask(port, '/ping')).status).toBe(200)
    expect((await get(`Bearer ${TOKEN}`)).status).toBe(200)
    for (const wrong of [undefined, 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN])
      expect((await get(wrong)).status).toBe(401)
    for (let i = 0; i < 5; i++) await get('Bearer wrong')
    const start = performance.now()
    expect((await get('Bearer wrong')).status).toBe(401)
    expect(performance.now() - start).toBeGreaterThan(900)
    expect((await get(`Bearer ${TOKEN}`)).status).toBe(200)
  })

  it('others than this machine need a token and a name', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) {
      expect(isLoopback(host)).toBe(true)
      expect(() => checkExposure(host, OPEN)).not.toThrow()
    }
    for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example', 'example.com']) {
      expect(() => checkExposure(host, OPEN)).toThrow('reached from other machines')
      expect(() => checkExposure(host, { ...OPEN, token: TOKEN })).toThrow('--allowed-host')
      expect(() => checkExposure(host, { ...OPEN, token: 'short', allowedHosts: ['a'] })).toThrow('--token')
      expect(() => checkExposure(host, { ...OPEN, token: TOKEN, allowedHosts: ['a'] })).not.toThrow()
    }
  })
})

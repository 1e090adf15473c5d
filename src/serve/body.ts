import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Pieces a body may come in: more of them are an attack, not a slow network. */
  readonly maxChunks: number
}

/** The body of a request. Pieces are copied into one buffer as they come, so that a million small ones take no more room. */
export function readBody(request: IncomingMessage, { maxBytes, maxChunks }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > maxBytes) return reject(tooLarge(maxBytes))
    let only: Buffer | undefined
    let buffer = Buffer.alloc(0)
    let size = 0
    let chunks = 0
    const refuse = (error: unknown) => {
      request.removeAllListeners('data')
      reject(error)
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return refuse(tooLarge(maxBytes))
      if (++chunks > maxChunks) {
        return refuse(
          new Refusal(
            413,
            'E_TOO_MANY_CHUNKS',
            `the request comes in more than ${maxChunks} pieces; send larger ones`,
          ),
        )
      }
      if (chunks === 1) {
        only = chunk
        return
      }
      if (size > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(announced, 2 * size)))
        buffer.copy(larger)
        buffer = larger
      }
      if (only) {
        only.copy(buffer)
        only = undefined
      }
      chunk.copy(buffer, size - chunk.length)
    })
    request.on('end', () => resolve(only ?? buffer.subarray(0, size)))
    request.on('error', reject)
    request.on('close', () =>
      reject(new Refusal(400, 'E_CUT_OFF', 'the request ended before its body did; send it again')),
    )
  })
}

const tooLarge = (maxBytes: number) =>
  new Refusal(413, 'E_TOO_LARGE', `the request is larger than ${maxBytes} bytes; split it`)

import { createHash, createHmac } from 'node:crypto'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface SignedParts {
  readonly method: string
  readonly url: URL
  /** Lower-case names. `host` is added. */
  readonly headers: Readonly<Record<string, string>>
  /** SHA-256 of the body in hexadecimal. */
  readonly bodyHash: string
  readonly service: string
  readonly region: string
  readonly time: Date
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Percent-encodes all but unreserved characters, as RFC 3986 has them. */
export const encodePart = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

/** Headers to send, with the signature of AWS (version 4) among them. Paths of S3 are encoded once, others twice. */
export function signedHeaders(
  parts: SignedParts,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Record<string, string> {
  const { method, url, bodyHash, service, region, time } = parts
  const stamp = time.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const headers: Record<string, string> = {
    ...parts.headers,
    host: url.host,
    'x-amz-date': stamp,
    ...(service === 's3' && { 'x-amz-content-sha256': bodyHash }),
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const path = url.pathname
    .split('/')
    .map(part => (service === 's3' ? part : encodePart(part)))
    .join('/')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`)
    .sort()
    .join('&')
  const canonical = [
    method,
    path || '/',
    query,
    ...names.map(name => `${name}:${headers[name]!.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n')
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const key = [stamp.slice(0, 8), region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${secretAccessKey}`,
  )
  const signature = hmac(key, ['AWS4-HMAC-SHA256', stamp, scope, hex(canonical)].join('\n')).toString('hex')
  const { host: _host, ...sent } = headers
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

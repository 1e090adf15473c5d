import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { dirname, join, relative } from 'node:path'
import { readBody } from '../serve/body.ts'
import type { Reply } from '../serve/http.ts'
import { writeFileAtomic } from '../util/files.ts'
import type { Places } from './places.ts'
import { escapeXml, S3Error, XML_HEAD, XML_TYPE } from './s3-error.ts'
import { answerMultipart, isMultipart } from './s3-multipart.ts'

/** One PUT, or one part. */
const MAX_OBJECT_BYTES = 2 ** 28
const MAX_KEYS = 1000

export const isS3 = ({ method, url }: IncomingMessage): boolean =>
  method !== 'POST' || isMultipart(url ?? '/')

/**
 * The part of S3 that moves files in and out of the folder of the buckets: objects are put, got (whole or in part), put in
 * parts, looked at, listed and deleted, by path. A bucket is there when a folder is.
 */
export async function answerS3(places: Places, request: IncomingMessage): Promise<Reply> {
  const base = 'http://localhost'
  if (!URL.canParse(request.url ?? '/', base)) throw new S3Error('InvalidURI', 'the path is no URI')
  const url = new URL(request.url ?? '/', base)
  const [bucket, ...rest] = decode(url.pathname.slice(1)).split('/')
  const key = rest.join('/')
  if (!bucket) throw new S3Error('NotImplemented', 'buckets are not listed here: name one', 501)
  const path = places.path(`s3://${bucket}/${key}`)
  const asked = { bucket, key, path, query: url.searchParams }
  const ofUpload = await answerMultipart(places, request, asked, bodyOf)
  if (ofUpload) return ofUpload
  switch (request.method) {
    case 'PUT':
      return key === '' ? putBucket(path) : putObject(path, request)
    case 'HEAD':
    case 'GET':
      if (key === '')
        return request.method === 'HEAD' ? headBucket(path, bucket) : list(places, bucket, url.searchParams)
      return getObject(path, key, request)
    case 'DELETE':
      if (key !== '' && existsSync(path) && statSync(path).isFile()) rmSync(path)
      return { status: 204 }
    default:
      throw new S3Error('MethodNotAllowed', 'PUT, GET, HEAD and DELETE are here', 405)
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new S3Error('InvalidURI', 'the path is no URI')
  }
}

function putBucket(path: string): Reply {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return { status: 200 }
}

function headBucket(path: string, bucket: string): Reply {
  if (!existsSync(path)) throw new S3Error('NoSuchBucket', `there is no bucket ${bucket}`, 404)
  return { status: 200 }
}

async function putObject(path: string, request: IncomingMessage): Promise<Reply> {
  const bytes = await bodyOf(request)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileAtomic(path, bytes)
  return { status: 200, headers: { etag: `"${createHash('md5').update(bytes).digest('hex')}"` } }
}

/** What an object or a part is to hold. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const { headers } = request
  if (headers['x-amz-copy-source'] !== undefined)
    throw new S3Error('NotImplemented', 'objects are not copied here', 501)
  const body = await readBody(request, { maxBytes: MAX_OBJECT_BYTES, maxChunks: Infinity })
  const isFramed =
    /aws-chunked/.test(String(headers['content-encoding'] ?? '')) ||
    String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')
  const bytes = isFramed ? unframed(body) : body
  const length = headers['x-amz-decoded-content-length']
  if (length !== undefined && Number(length) !== bytes.length)
    throw new S3Error('IncompleteBody', 'the body is shorter or longer than it says')
  return bytes
}

/** `aws-chunked`: pieces with their length in hexadecimal before each, an empty one, then trailers. */
export function unframed(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = parseInt(body.toString('latin1', at, end < 0 ? at : end), 16)
    if (end < 0 || Number.isNaN(size) || end + 2 + size > body.length)
      throw new S3Error('IncompleteBody', 'the body is not framed as it says')
    if (size === 0) break
    pieces.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(pieces)
}

function getObject(path: string, key: string, request: IncomingMessage): Reply {
  if (!existsSync(path) || !statSync(path).isFile())
    throw new S3Error('NoSuchKey', `there is no object ${key}`, 404)
  const { size, mtime } = statSync(path)
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const from = range ? Number(range[1]) : 0
  const to = Math.min(size - 1, range?.[2] ? Number(range[2]) : size - 1)
  if (range && from >= size) throw new S3Error('InvalidRange', `the object has ${size} bytes`, 416)
  const headers = {
    etag: etag({ size, mtime }),
    'last-modified': mtime.toUTCString(),
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${from}-${to}/${size}` }),
  }
  const type = 'binary/octet-stream'
  if (request.method === 'HEAD' || size === 0)
    return { status: 200, type, headers: { ...headers, 'content-length': String(size) } }
  return {
    status: range ? 206 : 200,
    type,
    stream: createReadStream(path, { start: from, end: to }),
    headers: { ...headers, 'content-length': String(to - from + 1) },
  }
}

/** As S3 has it for objects that came in parts: no hash of the bytes, but another one when they are others. */
const etag = ({ size, mtime }: { readonly size: number; readonly mtime: Date }): string =>
  `"${size.toString(16)}-${Math.floor(mtime.getTime()).toString(16)}"`

/** ListObjectsV2. */
function list(places: Places, bucket: string, query: URLSearchParams): Reply {
  const root = places.path(`s3://${bucket}`)
  if (!existsSync(root)) throw new S3Error('NoSuchBucket', `there is no bucket ${bucket}`, 404)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const most = Math.min(MAX_KEYS, Number(query.get('max-keys') ?? MAX_KEYS))
  const keys = places
    .files(`s3://${bucket}/${prefix.replace(/[^/]*$/, '')}`)
    .map(file => relative(root, file).split('\\').join('/'))
    .filter(key => key.startsWith(prefix) && key > after)
    .sort()
  const folders = new Set<string>()
  const plain = keys.filter(key => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (end >= 0) folders.add(key.slice(0, end + delimiter.length))
    return end < 0
  })
  const shown = plain.slice(0, most)
  const contents = shown.map(key => {
    const path = join(root, key)
    const { size, mtime } = statSync(path)
    return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${mtime.toISOString()}</LastModified><ETag>${escapeXml(etag({ size, mtime }))}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`
  })
  const more = plain.length > most
  const body = [
    `${XML_HEAD}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
    `<Name>${escapeXml(bucket)}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${shown.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>`,
    ...(more ? [`<NextContinuationToken>${escapeXml(shown.at(-1)!)}</NextContinuationToken>`] : []),
    ...contents,
    ...[...folders].map(folder => `<CommonPrefixes><Prefix>${escapeXml(folder)}</Prefix></CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('')
  return { status: 200, type: XML_TYPE, body }
}

import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { readBody } from '../serve/body.ts'
import type { Reply } from '../serve/http.ts'
import { STATE_FOLDER, type Places } from './places.ts'
import { escapeXml, S3Error, XML_HEAD, XML_TYPE } from './s3-error.ts'
import { Uploads, type Part, type Upload } from './s3-parts.ts'

const MAX_LIST_BYTES = 2 ** 22
const MAX_LISTED = 1000

/** What a request is about. */
export interface Asked {
  readonly bucket: string
  readonly key: string
  /** Of the object. */
  readonly path: string
  readonly query: URLSearchParams
}

const isOfUpload = (query: URLSearchParams): boolean => query.has('uploads') || query.has('uploadId')

/** POST of S3, told from that of the other services by what is asked for. */
export const isMultipart = (url: string): boolean => /[?&](uploads|uploadId)(=|&|$)/.test(url)

/** The calls about uploads in parts; undefined where the request is none of them. `bodyOf` reads what a part holds. */
export async function answerMultipart(
  places: Places,
  request: IncomingMessage,
  asked: Asked,
  bodyOf: (request: IncomingMessage) => Promise<Buffer>,
): Promise<Reply | undefined> {
  const { bucket, key, path, query } = asked
  if (!isOfUpload(query)) return undefined
  const uploads = new Uploads(join(places.root, STATE_FOLDER, 'uploads'))
  const id = query.get('uploadId')
  if (id === null) {
    if (request.method === 'GET' && key === '') return listUploads(uploads, bucket, query)
    if (request.method === 'POST' && key !== '') return told('InitiateMultipartUploadResult', `${place(bucket, key)}<UploadId>${uploads.begin(bucket, key).id}</UploadId>`) // prettier-ignore
    throw new S3Error('MethodNotAllowed', '?uploads is asked with GET of a bucket or POST of a key', 405)
  }
  const upload = uploads.get(id, bucket, key)
  switch (request.method) {
    case 'PUT': {
      const md5 = uploads.put(upload, Number(query.get('partNumber')), await bodyOf(request))
      return { status: 200, headers: { etag: `"${md5}"` } }
    }
    case 'POST': {
      const xml = await readBody(request, { maxBytes: MAX_LIST_BYTES, maxChunks: Infinity })
      const etag = await uploads.complete(upload, chosenIn(xml.toString('utf8')), path)
      return told('CompleteMultipartUploadResult', `${place(bucket, key)}<ETag>${escapeXml(etag)}</ETag>`)
    }
    case 'GET':
      return listParts(upload, uploads.parts(upload), query)
    case 'DELETE':
      uploads.end(upload)
      return { status: 204 }
    default:
      throw new S3Error('MethodNotAllowed', 'PUT, POST, GET and DELETE are known of an upload', 405)
  }
}

const place = (bucket: string, key: string): string =>
  `<Bucket>${escapeXml(bucket)}</Bucket><Key>${escapeXml(key)}</Key>`

const told = (element: string, inner: string): Reply => ({
  status: 200,
  type: XML_TYPE,
  body: `${XML_HEAD}<${element} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${element}>`,
})

/** Numbers and ETags of CompleteMultipartUpload, as they stand. */
function chosenIn(xml: string): Pick<Part, 'number' | 'md5'>[] {
  const text = (part: string, tag: string) => new RegExp(`<${tag}>\\s*(.*?)\\s*</${tag}>`, 's').exec(part)?.[1] ?? '' // prettier-ignore
  return [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
    number: Number(text(part!, 'PartNumber')),
    md5: text(part!, 'ETag').replace(/&quot;|&#34;|"/g, ''),
  }))
}

function listUploads(uploads: Uploads, bucket: string, query: URLSearchParams): Reply {
  const after = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''] as const
  const found = uploads.list(bucket, query.get('prefix') ?? '')
  const last = found.findIndex(({ key, id }) => key === after[0] && id === after[1])
  const rest = last >= 0 ? found.slice(last + 1) : found.filter(({ key }) => key > after[0])
  const shown = rest.slice(0, MAX_LISTED)
  const isCut = rest.length > shown.length
  const item = ({ key, id, begun }: Upload) =>
    `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId><StorageClass>STANDARD</StorageClass><Initiated>${begun}</Initiated></Upload>`
  const next = isCut ? `<NextKeyMarker>${escapeXml(shown.at(-1)!.key)}</NextKeyMarker><NextUploadIdMarker>${shown.at(-1)!.id}</NextUploadIdMarker>` : '' // prettier-ignore
  return told(
    'ListMultipartUploadsResult',
    `<Bucket>${escapeXml(bucket)}</Bucket><MaxUploads>${MAX_LISTED}</MaxUploads><IsTruncated>${isCut}</IsTruncated>${next}${shown.map(item).join('')}`,
  )
}

function listParts({ bucket, key, id }: Upload, parts: readonly Part[], query: URLSearchParams): Reply {
  const rest = parts.filter(({ number }) => number > Number(query.get('part-number-marker') ?? 0))
  const shown = rest.slice(0, MAX_LISTED)
  const isCut = rest.length > shown.length
  const item = ({ number, md5, bytes }: Part) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${md5}&quot;</ETag><Size>${bytes}</Size></Part>`
  const next = isCut ? `<NextPartNumberMarker>${shown.at(-1)!.number}</NextPartNumberMarker>` : ''
  return told(
    'ListPartsResult',
    `${place(bucket, key)}<UploadId>${id}</UploadId><MaxParts>${MAX_LISTED}</MaxParts><IsTruncated>${isCut}</IsTruncated>${next}${shown.map(item).join('')}`,
  )
}

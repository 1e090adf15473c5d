import { statSync } from 'node:fs'
import type { Answer, Cloud, CloudPlace, Outgoing } from './client.ts'
import { PART_BYTES, putInParts } from './multipart.ts'
import { encodePart } from './signature.ts'
import { objectsIn, tagOf, uploadsIn } from './s3-xml.ts'

type Query = Readonly<Record<string, string>>

/** The calls about files, by S3's protocol. */
export function openObjects(
  send: (outgoing: Outgoing) => Promise<Answer>,
  place: CloudPlace,
  partBytes = PART_BYTES,
): Pick<Cloud, 'put' | 'get' | 'list' | 'remove' | 'unfinished' | 'abort'> {
  const ask = (method: string, uri: string, query: Query = {}, body?: Outgoing['body']): Promise<Answer> =>
    send({ method, url: objectUrl(place, uri, query), service: 's3', ...(body && { body }) })

  /** All pages of a listing; `next` says how the one after a page is asked for. */
  async function* pages(
    prefix: string,
    query: Query,
    next: Readonly<Record<string, string>>,
  ): AsyncGenerator<{ page: string; bucket: string }> {
    const { bucket, key } = partsOf(prefix)
    for (let more: Query | undefined = {}; more;) {
      const { body } = await ask('GET', `s3://${bucket}/`, { ...query, prefix: key, ...more })
      const page = body.toString('utf8')
      yield { page, bucket }
      const found = Object.entries(next).flatMap(([name, tag]) => [[name, tagOf(page, tag) ?? '']] as const)
      more = tagOf(page, 'IsTruncated') === 'true' ? Object.fromEntries(found) : undefined
    }
  }

  const objects: ReturnType<typeof openObjects> = {
    async put(uri, from) {
      const bytes = 'file' in from ? statSync(from.file).size : 0
      if (!('file' in from) || bytes <= partBytes) return void (await ask('PUT', uri, {}, from))
      await putInParts(
        {
          begin: async () => (await ask('POST', uri, { uploads: '' })).body.toString('utf8'),
          unfinished: async () => (await objects.unfinished(uri)).filter(upload => upload.uri === uri),
          parts: async (uploadId, after) =>
            (await ask('GET', uri, { uploadId, 'part-number-marker': after })).body.toString('utf8'),
          part: async (uploadId, number, piece) =>
            String((await ask('PUT', uri, { partNumber: String(number), uploadId }, piece)).headers['etag']),
          complete: async (uploadId, text) => void (await ask('POST', uri, { uploadId }, { text })),
          abort: uploadId => objects.abort({ uri, id: uploadId }),
          bytes: async () => Number((await ask('HEAD', uri)).headers['content-length']),
        },
        from.file,
        bytes,
        partBytes,
      )
    },
    get: async uri => (await ask('GET', uri)).body,
    async list(prefix) {
      const found: string[] = []
      for await (const { page, bucket } of pages(
        prefix,
        { 'list-type': '2' },
        { 'continuation-token': 'NextContinuationToken' },
      ))
        // prettier-ignore
        found.push(...objectsIn(page, bucket))
      return found
    },
    async unfinished(prefix) {
      const found = []
      for await (const { page, bucket } of pages(
        prefix,
        { uploads: '' },
        { 'key-marker': 'NextKeyMarker', 'upload-id-marker': 'NextUploadIdMarker' },
      ))
        // prettier-ignore
        found.push(...uploadsIn(page, bucket))
      return found
    },
    async abort({ uri, id }) {
      await ask('DELETE', uri, { uploadId: id })
    },
    async remove(uri) {
      await ask('DELETE', uri)
    },
  }
  return objects
}

function partsOf(uri: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? []
  return { bucket, key }
}

function objectUrl(place: CloudPlace, uri: string, query: Query): URL {
  const { bucket, key } = partsOf(uri)
  const path = key.split('/').map(encodePart).join('/')
  // Names with dots have no certificate as hosts; other servers know paths only.
  const base =
    place.s3 !== undefined || bucket.includes('.')
      ? `${place.s3 ?? `https://s3.${place.region}.amazonaws.com`}/${bucket}`
      : `https://${bucket}.s3.${place.region}.amazonaws.com`
  const url = new URL(`${base}/${path}`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url
}

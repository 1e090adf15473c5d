import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import process from 'node:process'
import { tagOf, textsOf, type Unfinished } from './s3-xml.ts'

/** Bytes of a file, `endByte` exclusive. */
export interface Piece {
  readonly file: string
  readonly startByte: number
  readonly endByte: number
}

/** What is asked of S3 about one object. Each may be asked twice: an answer can be lost. */
export interface ObjectCalls {
  /** CreateMultipartUpload; resolves to XML. */
  begin(): Promise<string>
  /** Uploads of this object that were neither completed nor aborted, oldest first. */
  unfinished(): Promise<readonly Unfinished[]>
  /** A page of ListParts, as XML. */
  parts(id: string, after: string): Promise<string>
  /** UploadPart; resolves to its ETag. */
  part(id: string, number: number, piece: Piece): Promise<string>
  complete(id: string, xml: string): Promise<void>
  abort(id: string): Promise<void>
  /** Of the object as it is there. */
  bytes(): Promise<number>
}

/** Files above this go up in parts of it. `GLASSPILOT_PART_BYTES` is for servers on this machine. */
export const PART_BYTES = Number(process.env['GLASSPILOT_PART_BYTES']) || 64 * 2 ** 20
const MAX_PARTS = 10_000

/** Size of all parts but the last. */
export const partSize = (bytes: number, partBytes = PART_BYTES): number =>
  Math.max(partBytes, Math.ceil(bytes / MAX_PARTS))

/**
 * Puts a file part by part, read from the disk as it is sent. An upload that an earlier client left is gone on with: parts that are there
 * with the same bytes are not sent again. What else lies unfinished under the name is aborted, so a finished upload leaves nothing.
 */
export async function putInParts(
  calls: ObjectCalls,
  file: string,
  bytes: number,
  partBytes?: number,
): Promise<void> {
  const size = partSize(bytes, partBytes)
  const left = (await calls.unfinished().catch(ifNotAllowed)).at(-1)
  const id = left?.id ?? tagOf(await calls.begin(), 'UploadId') ?? ''
  const there = new Map(left && (await partsOf(calls, id).catch(ifNotAllowed)))
  const sent: string[] = []
  for (let startByte = 0; startByte < bytes; startByte += size) {
    const number = sent.length + 1
    const piece = { file, startByte, endByte: Math.min(bytes, startByte + size) }
    const known = there.get(number)
    const isThere = known !== undefined && known === (await md5Of(piece))
    const etag = isThere ? `"${known}"` : await calls.part(id, number, piece)
    sent.push(`<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`)
  }
  await calls
    .complete(id, `<CompleteMultipartUpload>${sent.join('')}</CompleteMultipartUpload>`)
    .catch(async (error: unknown) => {
      // The answer of an earlier attempt was lost, and with it that it is done.
      const isDone = (error as { type?: string }).type === 'NoSuchUpload' && (await calls.bytes().catch(() => 0)) === bytes // prettier-ignore
      if (!isDone) throw error
    })
  // Of a beginning whose answer was lost, or of another earlier client.
  for (const other of await calls.unfinished().catch(ifNotAllowed)) await calls.abort(other.id)
}

/** Who may only write begins anew. */
function ifNotAllowed(error: unknown): [] {
  if ((error as { status?: number }).status === 403) return []
  throw error
}

/** MD5 of the parts that are there, in hexadecimal, by number. */
async function partsOf(calls: ObjectCalls, id: string): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (let after: string | undefined = '0'; after !== undefined;) {
    const page = await calls.parts(id, after)
    for (const part of textsOf(page, 'Part'))
      found.set(Number(tagOf(part, 'PartNumber')), (tagOf(part, 'ETag') ?? '').replaceAll('"', ''))
    after = tagOf(page, 'IsTruncated') === 'true' ? tagOf(page, 'NextPartNumberMarker') : undefined
  }
  return found
}

export const readPiece = ({ file, startByte, endByte }: Piece) =>
  createReadStream(file, { start: startByte, end: endByte - 1 })

async function md5Of(piece: Piece): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of readPiece(piece)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** An upload in parts that was neither completed nor aborted; its parts are paid for. */
export interface Unfinished {
  readonly uri: string
  readonly id: string
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const plain = (xml: string): string =>
  xml.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, base16: string, base10: string, name: string) =>
    base16
      ? String.fromCodePoint(parseInt(base16, 16))
      : base10
        ? String.fromCodePoint(Number(base10))
        : (ENTITIES[name] ?? ''),
  )

/** What stands in all elements of that name, as XML. */
export const textsOf = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text]) => text!)

/** The text of the first element of that name. */
export function tagOf(xml: string, tag: string): string | undefined {
  const [text] = textsOf(xml, tag)
  return text === undefined ? undefined : plain(text)
}

/** URIs of the objects of a page of ListObjectsV2. */
export const objectsIn = (page: string, bucket: string): string[] =>
  textsOf(page, 'Contents').map(item => `s3://${bucket}/${tagOf(item, 'Key') ?? ''}`)

/** Uploads of a page of ListMultipartUploads. */
export const uploadsIn = (page: string, bucket: string): Unfinished[] =>
  textsOf(page, 'Upload').map(item => ({
    uri: `s3://${bucket}/${tagOf(item, 'Key') ?? ''}`,
    id: tagOf(item, 'UploadId') ?? '',
  }))

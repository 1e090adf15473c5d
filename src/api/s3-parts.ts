import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openFileAtomic, writeFileAtomic } from '../util/files.ts'
import { S3Error } from './s3-error.ts'

/** An upload in parts, as it was begun. */
export interface Upload {
  readonly id: string
  readonly bucket: string
  readonly key: string
  /** ISO 8601. */
  readonly begun: string
}

export interface Part {
  readonly number: number
  /** MD5 of its bytes, in hexadecimal. */
  readonly md5: string
  readonly bytes: number
}

const MAX_PARTS = 10_000
const FILE = 'upload.json'
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
const nameOf = ({ number, md5 }: Pick<Part, 'number' | 'md5'>): string => `${number}-${md5}`

/** Uploads in parts: each a folder that holds its parts until it is completed or aborted. They survive a restart. */
export class Uploads {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  begin(bucket: string, key: string): Upload {
    const upload = { id: randomBytes(16).toString('hex'), bucket, key, begun: new Date().toISOString() }
    writeFileAtomic(join(this.folder, upload.id, FILE), JSON.stringify(upload))
    return upload
  }

  /** A part that is there under that number is replaced. Returns its MD5. */
  put(upload: Upload, number: number, bytes: Uint8Array): string {
    if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
      throw new S3Error('InvalidArgument', `part number must be between 1 and ${MAX_PARTS}, inclusive`)
    const part = { number, md5: md5(bytes) }
    const before = this.parts(upload).filter(other => other.number === number && other.md5 !== part.md5)
    writeFileAtomic(join(this.folder, upload.id, nameOf(part)), bytes)
    for (const other of before) rmSync(join(this.folder, upload.id, nameOf(other)))
    return part.md5
  }

  /** By number. */
  parts({ id }: Upload): Part[] {
    return readdirSync(join(this.folder, id))
      .flatMap(name => {
        const [, number, md5] = /^(\d+)-([0-9a-f]{32})$/.exec(name) ?? []
        return md5 === undefined ? [] : [{ number: Number(number), md5, bytes: statSync(join(this.folder, id, name)).size }] // prettier-ignore
      })
      .sort((a, b) => a.number - b.number)
  }

  /** The chosen parts, one behind the other, as one file. Returns its ETag as S3 makes it. */
  async complete(
    upload: Upload,
    chosen: readonly Pick<Part, 'number' | 'md5'>[],
    path: string,
  ): Promise<string> {
    const there = new Set(this.parts(upload).map(nameOf))
    if (chosen.length === 0) throw new S3Error('MalformedXML', 'a list of at least one part is expected')
    if (chosen.some(({ number }, i) => i > 0 && number <= chosen[i - 1]!.number))
      throw new S3Error('InvalidPartOrder', 'the parts must be in ascending order of their numbers')
    if (!chosen.every(part => there.has(nameOf(part))))
      throw new S3Error('InvalidPart', 'a part was not sent, or has another ETag')
    const file = openFileAtomic(path)
    try {
      for (const part of chosen)
        for await (const piece of createReadStream(join(this.folder, upload.id, nameOf(part))))
          file.write(piece as Buffer)
    } catch (error) {
      file.discard()
      throw error
    }
    file.commit()
    this.end(upload)
    return `"${md5(Buffer.from(chosen.map(part => part.md5).join(''), 'hex'))}-${chosen.length}"`
  }

  /** Forgets it and its parts. */
  end({ id }: Upload): void {
    rmSync(join(this.folder, id), { recursive: true, force: true })
  }

  /** The one of that id, which is refused where it is not of that object. */
  get(id: string, bucket: string, key: string): Upload {
    const upload = /^[0-9a-f]{32}$/.test(id) ? this.read(id) : undefined
    if (upload?.bucket === bucket && upload.key === key) return upload
    throw new S3Error('NoSuchUpload', `there is no upload ${id.slice(0, 64)} of ${key}`, 404)
  }

  /** Those of a bucket whose keys begin so, by key and then by age. */
  list(bucket: string, prefix: string): Upload[] {
    if (!existsSync(this.folder)) return []
    return readdirSync(this.folder)
      .flatMap(id => this.read(id) ?? [])
      .filter(upload => upload.bucket === bucket && upload.key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.begun < b.begun ? -1 : 1))
  }

  private read(id: string): Upload | undefined {
    const path = join(this.folder, id, FILE)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Upload) : undefined
  }
}

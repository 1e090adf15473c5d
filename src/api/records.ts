import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'

/** Things of one kind, one JSON file each: what was acknowledged is on the disk. */
export class Records<T extends { readonly name: string }> {
  private readonly folder: string
  private readonly items = new Map<string, T>()

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
      const path = join(folder, file)
      try {
        const item = JSON.parse(readFileSync(path, 'utf8')) as T
        this.items.set(item.name.toLowerCase(), item)
      } catch (error) {
        throw new InputError(
          'E_BAD_FORMAT',
          `${path} is not what was written there: expected JSON; take it away or mend it`,
          {
            cause: error,
          },
        )
      }
    }
  }

  /** Names are one whatever their case. */
  get(name: string): T | undefined {
    return this.items.get(name.toLowerCase())
  }

  all(): T[] {
    return [...this.items.values()]
  }

  put(item: T): T {
    writeFileAtomic(this.file(item.name), `${JSON.stringify(item, null, 2)}\n`)
    this.items.set(item.name.toLowerCase(), item)
    return item
  }

  delete(name: string): void {
    const item = this.get(name)
    if (!item) return
    this.items.delete(name.toLowerCase())
    if (existsSync(this.file(item.name))) rmSync(this.file(item.name))
  }

  private file(name: string): string {
    return join(this.folder, `${name.toLowerCase()}.json`)
  }
}

/** Jobs that a stopped server left, oldest first. */
export const unfinished = <
  T extends { readonly name: string; readonly status: string; readonly created: number },
>(
  records: Records<T>,
): T[] =>
  records
    .all()
    .filter(({ status }) => status === 'InProgress' || status === 'Stopping')
    .toSorted((a, b) => a.created - b.created)

/** Epoch seconds, as AWS JSON has times. */
export const now = (): number => Date.now() / 1000

const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'

export const arn = (type: string, name: string): string =>
  `arn:aws:sagemaker:${REGION}:${ACCOUNT}:${type}/${name.toLowerCase()}`

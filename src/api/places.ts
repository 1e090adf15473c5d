import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validation } from './aws-error.ts'

/** Where state of the control plane lies, beside the buckets. */
export const STATE_FOLDER = '.glasspilot'

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** `s3://bucket/key` is `root/bucket/key`; `file:///path` is itself. A key cannot lead out of its bucket, by dots or by links. */
export class Places {
  readonly root: string

  constructor(root: string) {
    this.root = resolve(root)
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
  }

  /** The path of a URI; it need not exist. */
  path(uri: string): string {
    if (uri.startsWith('file://')) {
      try {
        return fileURLToPath(uri)
      } catch {
        throw validation(`${uri} is no path of this machine: expected file:///path`)
      }
    }
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? []
    const parts = key.split('/')
    if (!BUCKET.test(bucket) || parts.some(part => part === '..' || part === '.' || /[\0\\]/.test(part))) {
      throw validation(`${uri} is no place here: expected s3://bucket/key without . and .. or file:///path`)
    }
    const path = join(this.root, bucket, ...parts)
    this.checkInside(path, uri)
    return path
  }

  /** Every file whose URI starts so, in order: one file, all of a folder, or those with a common beginning. */
  files(uri: string): string[] {
    const path = this.path(uri)
    if (existsSync(path) && statSync(path).isFile()) return [path]
    if (existsSync(path) && statSync(path).isDirectory()) return walk(path)
    const folder = dirname(path)
    if (!existsSync(folder)) return []
    const start = basename(path)
    return readdirSync(folder)
      .filter(name => name.startsWith(start))
      .sort()
      .flatMap(name =>
        statSync(join(folder, name)).isDirectory() ? walk(join(folder, name)) : [join(folder, name)],
      )
  }

  /** `base` with further parts behind it. */
  static under(base: string, ...parts: string[]): string {
    return [base.replace(/\/+$/, ''), ...parts].join('/')
  }

  /** The nearest folder that is there must be in the root when its links are followed. */
  private checkInside(path: string, uri: string): void {
    let near = path
    while (!lstatSync(near, { throwIfNoEntry: false })) near = dirname(near)
    const real = existsSync(near) ? realpathSync(near) : ''
    const root = realpathSync(this.root)
    if (real === root || real.startsWith(root + sep)) return
    throw validation(`${uri} leads out of the folder of the buckets: expected a place in it`)
  }
}

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry =>
      entry.isDirectory() ? walk(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
    )

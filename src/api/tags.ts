import { existsSync, readFileSync } from 'node:fs'
import { writeFileAtomic } from '../util/files.ts'
import { validation } from './aws-error.ts'
import type { Tag } from './types.ts'

const MAX_TAGS = 50

/** Tags by the ARN of what they are on. */
export class Tags {
  private readonly path: string
  private readonly tags: Map<string, readonly Tag[]>

  constructor(path: string) {
    this.path = path
    const stored = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as [string, readonly Tag[]][])
      : []
    this.tags = new Map(stored)
  }

  list(arn: string): readonly Tag[] {
    return this.tags.get(arn) ?? []
  }

  add(arn: string, more: readonly Tag[]): readonly Tag[] {
    if (more.length === 0) return this.list(arn)
    const merged = new Map(this.list(arn).map(tag => [tag.Key, tag]))
    for (const tag of more) merged.set(tag.Key, { Key: tag.Key, Value: tag.Value })
    if (merged.size > MAX_TAGS)
      throw validation(`${arn} would have ${merged.size} tags: at most ${MAX_TAGS} are allowed`)
    return this.set(arn, [...merged.values()])
  }

  remove(arn: string, keys: readonly string[]): void {
    this.set(
      arn,
      this.list(arn).filter(({ Key }) => !keys.includes(Key)),
    )
  }

  forget(arn: string): void {
    if (this.tags.has(arn)) this.set(arn, [])
  }

  private set(arn: string, tags: readonly Tag[]): readonly Tag[] {
    if (tags.length === 0) this.tags.delete(arn)
    else this.tags.set(arn, tags)
    writeFileAtomic(this.path, JSON.stringify([...this.tags]))
    return tags
  }
}

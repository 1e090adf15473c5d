import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, basename, join } from 'node:path'
import { disk } from '../../src/util/files.ts'
import type { Rng } from '../../src/util/rng.ts'

// What a disk may hold after the power went: the calls of the store are recorded, and any disk that agrees with the syncs
// among them is a possible one. Data and names are held apart, as file systems do: a synced file may lack its name, a name may
// have come without its bytes.

type DataCall =
  | { readonly type: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly length: number }
  | { readonly type: 'sync' }

/** `undefined`: the name goes. Several entries change at once or not at all. */
type NameCall =
  | { readonly type: 'names'; readonly entries: readonly (readonly [string, Entry | undefined])[] }
  | { readonly type: 'sync' }

type Entry = { readonly file: number } | { readonly folder: string }

type Call =
  | { readonly on: 'file'; readonly file: number; readonly call: DataCall }
  | { readonly on: 'folder'; readonly folder: string; readonly call: NameCall }
  | { readonly on: 'mark'; readonly mark: string }

export interface Recording {
  readonly calls: readonly Call[]
  /** Says that something was promised at this point. */
  mark(mark: string): void
  stop(): void
}

/** Records every call of the store below a folder that is there, while it does its work on the real disk. */
export function recordDisk(root: string): Recording {
  const calls: Call[] = []
  const real = { ...disk }
  const names = new Map<string, Entry>()
  const handles = new Map<number, Entry>()
  let files = 0
  const isInside = (path: string) => path === root || path.startsWith(`${root}/`)
  const named = (...entries: (readonly [string, Entry | undefined])[]) => {
    for (const [path, entry] of entries)
      if (entry) names.set(path, entry)
      else names.delete(path)
    const folder = dirname(entries[0]![0])
    calls.push({
      on: 'folder',
      folder,
      call: { type: 'names', entries: entries.map(([path, entry]) => [basename(path), entry] as const) },
    })
  }
  const onData = (handle: number, call: DataCall) => {
    const found = handles.get(handle)
    if (!found) return
    if ('file' in found) calls.push({ on: 'file', file: found.file, call })
    else if (call.type === 'sync') calls.push({ on: 'folder', folder: found.folder, call })
  }
  disk.openSync = (path, flags, mode) => {
    const handle = real.openSync(path, flags, mode)
    const name = String(path)
    if (!isInside(name)) return handle
    if (String(flags).includes('x')) named([name, { file: files++ }])
    const entry = names.get(name) ?? { folder: name }
    handles.set(handle, entry)
    return handle
  }
  disk.writeSync = ((
    handle: number,
    data: Uint8Array | string,
    offset?: number,
    length?: number,
    position?: number,
  ) => {
    const bytes = Buffer.from(typeof data === 'string' ? Buffer.from(data) : data)
    // A text comes with its place in the file, bytes with the part of them that is meant before it.
    const isText = typeof data === 'string'
    const from = isText ? 0 : (offset ?? 0)
    const count = isText ? bytes.length : (length ?? bytes.length - from)
    const at = (isText ? offset : position) ?? 0
    const written = real.writeSync(handle, bytes, from, count, at)
    onData(handle, { type: 'write', offset: at, bytes: bytes.subarray(from, from + written) })
    return written
  }) as typeof disk.writeSync
  disk.ftruncateSync = (handle, length) => {
    real.ftruncateSync(handle, length)
    onData(handle, { type: 'truncate', length: length ?? 0 })
  }
  for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
    disk[name] = handle => {
      real[name](handle)
      onData(handle, { type: 'sync' })
    }
  }
  disk.closeSync = handle => {
    real.closeSync(handle)
    handles.delete(handle)
  }
  disk.renameSync = (from, to) => {
    real.renameSync(from, to)
    if (isInside(String(to))) named([String(to), names.get(String(from))], [String(from), undefined])
  }
  disk.linkSync = (from, to) => {
    real.linkSync(from, to)
    if (isInside(String(to))) named([String(to), names.get(String(from))])
  }
  disk.unlinkSync = path => {
    real.unlinkSync(path)
    if (isInside(String(path))) named([String(path), undefined])
  }
  disk.mkdirSync = ((path: string, options: { mode: number }) => {
    real.mkdirSync(path, options)
    if (isInside(path)) named([path, { folder: path }])
    return undefined
  }) as typeof disk.mkdirSync
  return {
    calls,
    mark: mark => calls.push({ on: 'mark', mark }),
    stop: () => void Object.assign(disk, real),
  }
}

/** What became of calls that were not synced. */
export const FATES = ['lost', 'kept', 'some', 'torn', 'zeroed'] as const
export type Fate = (typeof FATES)[number]

export interface Cut {
  /** Calls that were made before the power went. */
  readonly calls: number
  readonly data: Fate
  readonly names: Fate
}

/** Makes one of the possible disks below `root` as files below `target`; gives what had been promised by then. */
export function makeDisk(recording: Recording, cut: Cut, root: string, target: string, rng: Rng): string[] {
  const made = recording.calls.slice(0, cut.calls)
  const data = new Map<number, DataCall[]>()
  const folders = new Map<string, NameCall[]>()
  for (const call of made) {
    if (call.on === 'file') data.set(call.file, [...(data.get(call.file) ?? []), call.call])
    if (call.on === 'folder') folders.set(call.folder, [...(folders.get(call.folder) ?? []), call.call])
  }
  const write = (folder: string, to: string) => {
    mkdirSync(to, { recursive: true })
    for (const [name, entry] of entriesOf(folders.get(folder) ?? [], cut.names, rng)) {
      if ('folder' in entry) write(entry.folder, join(to, name))
      else writeFileSync(join(to, name), bytesOf(data.get(entry.file) ?? [], cut.data, rng))
    }
  }
  write(root, target)
  return made.flatMap(call => (call.on === 'mark' ? [call.mark] : []))
}

/** Calls up to the last sync, and those after it. */
function parted<T extends { readonly type: string }>(calls: readonly T[]): [T[], T[]] {
  const last = calls.findLastIndex(({ type }) => type === 'sync')
  return [calls.slice(0, last + 1), calls.slice(last + 1)]
}

function entriesOf(calls: readonly NameCall[], fate: Fate, rng: Rng): Map<string, Entry> {
  const [durable, loose] = parted(calls)
  const upTo = rng.int(loose.length + 1)
  const kept = loose.filter((_, i) =>
    fate === 'lost' ? false : fate === 'kept' ? true : fate === 'some' ? rng.int(2) === 1 : i < upTo,
  )
  const entries = new Map<string, Entry>()
  for (const call of [...durable, ...kept]) {
    if (call.type === 'sync') continue
    for (const [name, entry] of call.entries)
      if (entry) entries.set(name, entry)
      else entries.delete(name)
  }
  return entries
}

const SECTOR = 512

function bytesOf(calls: readonly DataCall[], fate: Fate, rng: Rng): Buffer {
  const [durable, loose] = parted(calls)
  const before = applied(Buffer.alloc(0), durable)
  switch (fate) {
    case 'lost':
      return before
    case 'kept':
      return applied(before, loose)
    case 'some':
      return applied(
        before,
        loose.filter(() => rng.int(2) === 1),
      )
    case 'zeroed': {
      const whole = applied(before, loose)
      return whole.length > before.length
        ? Buffer.concat([before, Buffer.alloc(whole.length - before.length)])
        : before
    }
    case 'torn': {
      const last = loose.at(-1)
      if (last?.type !== 'write') return applied(before, loose)
      return applied(before, [...loose.slice(0, -1), torn(last, rng)])
    }
  }
}

/** The first bytes of a write, or all of it but for some sectors. */
function torn(call: DataCall & { type: 'write' }, rng: Rng): DataCall {
  if (rng.int(2) === 0) return { ...call, bytes: call.bytes.subarray(0, rng.int(call.bytes.length + 1)) }
  const bytes = Buffer.from(call.bytes)
  for (let at = 0; at < bytes.length; at += SECTOR)
    if (rng.int(2) === 0) bytes.fill(0, at, Math.min(bytes.length, at + SECTOR))
  return { ...call, bytes }
}

function applied(before: Buffer, calls: readonly DataCall[]): Buffer {
  let bytes = before
  for (const call of calls) {
    if (call.type === 'truncate') {
      bytes = call.length <= bytes.length ? bytes.subarray(0, call.length) : grown(bytes, call.length)
    } else if (call.type === 'write') {
      bytes = Buffer.from(grown(bytes, call.offset + call.bytes.length))
      call.bytes.copy(bytes, call.offset)
    }
  }
  return bytes
}

const grown = (bytes: Buffer, length: number): Buffer =>
  length > bytes.length ? Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]) : bytes

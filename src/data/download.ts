import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError, messageOf } from '../util/errors.ts'
import { sha256, writeFileAtomic } from '../util/files.ts'
import { quoted } from '../util/text.ts'

/** A file on the public network that is known to the byte. */
export interface PublicFile {
  readonly url: string
  readonly sha256: string
}

const TIMEOUT_MS = 60_000

/** Fetches a file to `path`, complete and with the expected hash, or not at all. */
export async function download({ url, sha256: expected }: PublicFile, path: string): Promise<void> {
  let bytes: Uint8Array
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    bytes = new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new InputError(
      'E_UNREACHABLE',
      `${quoted(url)} could not be downloaded (${messageOf(cause)}); check the network or give a file`,
      { exit: 'unreachable', cause },
    )
  }
  const found = sha256(bytes)
  if (found !== expected) {
    throw new InputError(
      'E_BAD_DOWNLOAD',
      `${quoted(url)} has sha256 ${found}: ${expected} was expected; it was changed or cut, nothing was kept`,
    )
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileAtomic(path, bytes)
}

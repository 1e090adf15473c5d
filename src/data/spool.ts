import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { InputError } from '../util/errors.ts'
import { maxTextBytes, readFailure, stem, tooLarge } from './file.ts'

/** What can be read once only: standard input, a named pipe, a terminal. */
export function isStream(path: string): boolean {
  if (path === '-') return true
  try {
    const stat = statSync(path)
    return stat.isFIFO() || stat.isCharacterDevice() || stat.isSocket()
  } catch {
    return false
  }
}

/** Copies such a stream into a file of `folder`, because a table is read more than once; `keep`: beyond this process. */
export async function spool(
  path: string,
  folder: string,
  keep: boolean,
): Promise<{ name: string; path: string }> {
  if (path === '-' && process.stdin.isTTY) {
    throw new InputError(
      'E_NO_SUCH_FILE',
      'standard input is a terminal: a table was expected there; pipe one in, as in "cat table.csv | glasspilot profile -"',
      { exit: 'usage' },
    )
  }
  const name = path === '-' ? 'stdin' : stem(path)
  const own = join(folder, randomBytes(6).toString('hex'))
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const copy = join(own, `${name}.csv`)
  const remove = () => rmSync(own, { recursive: true, force: true })
  const file = openSync(copy, 'wx', 0o600)
  if (!keep) process.once('exit', remove)
  let bytes = 0
  try {
    const stream = path === '-' ? process.stdin : createReadStream(path)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxTextBytes()) throw tooLarge(path === '-' ? 'standard input' : path, 'holds')
      writeSync(file, chunk)
    }
  } catch (cause) {
    remove()
    throw readFailure(path, cause)
  } finally {
    closeSync(file)
  }
  return { name, path: copy }
}

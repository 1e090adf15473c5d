import { isAscii } from 'node:buffer'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

/** How the bytes of a file become text. `guessed` says nothing in the file states it. */
export interface Encoding {
  /** A WHATWG label: `utf-8`, `utf-16le`, `windows-1252` … */
  readonly label: string
  /** Length of the byte order mark. */
  readonly skipBytes: number
  readonly guessed: boolean
}

const BINARY: readonly (readonly [magic: string, name: string])[] = [
  ['504b0304', 'an Excel workbook or a zip archive; save the sheet as CSV'],
  ['d0cf11e0', 'an old Excel workbook; save the sheet as CSV'],
  ['89504e47', 'a PNG picture; a CSV file was expected'],
  ['ffd8ff', 'a JPEG picture; a CSV file was expected'],
  ['25504446', 'a PDF document; a CSV file was expected'],
  ['53514c697465', 'an SQLite database; export the table as CSV'],
  ['7f454c46', 'a program; a CSV file was expected'],
  ['fd377a585a', 'an xz archive; unpack it first'],
  ['425a68', 'a bzip2 archive; unpack it first'],
  ['28b52ffd', 'a Zstandard archive; unpack it first'],
]

/** Finds the encoding from the first bytes of a file, or says that it is not text. `whole` when `head` is all there is. */
export function detectEncoding(head: Buffer, whole: boolean, path: string, asked?: string): Encoding {
  const mark = byteOrderMark(head)
  if (asked !== undefined) {
    const label = canonicalLabel(asked)
    return { label, skipBytes: mark?.label === label ? mark.skipBytes : 0, guessed: false }
  }
  if (mark) return mark
  const binary = BINARY.find(([magic]) => head.subarray(0, magic.length / 2).toString('hex') === magic)
  if (binary) throw notText(path, `looks like ${binary[1]}`)
  if (head.includes(0)) {
    const wide = wideWithoutMark(head)
    if (wide) return { label: wide, skipBytes: 0, guessed: true }
    throw notText(path, 'holds NUL bytes, so it is not text; a CSV file was expected')
  }
  if (isAscii(head) || isUtf8(head, whole)) return { label: 'utf-8', skipBytes: 0, guessed: false }
  return { label: eastAsian(head) ?? 'windows-1252', skipBytes: 0, guessed: true }
}

const notText = (path: string, what: string) => new InputError('E_NOT_TEXT', `${quoted(path)} ${what}`)

function byteOrderMark(head: Buffer): Encoding | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf)
    return { label: 'utf-8', skipBytes: 3, guessed: false }
  if (head[0] === 0xff && head[1] === 0xfe) return { label: 'utf-16le', skipBytes: 2, guessed: false }
  if (head[0] === 0xfe && head[1] === 0xff) return { label: 'utf-16be', skipBytes: 2, guessed: false }
  return undefined
}

function canonicalLabel(asked: string): string {
  try {
    return new TextDecoder(asked).encoding
  } catch (cause) {
    throw new InputError(
      'E_UNKNOWN_ENCODING',
      `encoding ${quoted(asked)} is not known; use a name such as utf-8, windows-1252, utf-16le, euc-kr or shift_jis`,
      { exit: 'usage', cause },
    )
  }
}

/** UTF-16 text in Latin letters has a NUL in every other byte: the low bytes are even or odd. */
function wideWithoutMark(head: Buffer): string | undefined {
  const nuls = [0, 0]
  for (let i = 0; i < head.length; i++) if (head[i] === 0) nuls[i & 1]!++
  const pairs = head.length >> 1
  if (pairs > 0 && nuls[1]! > 0.3 * pairs && nuls[0]! < 0.02 * pairs) return 'utf-16le'
  if (pairs > 0 && nuls[0]! > 0.3 * pairs && nuls[1]! < 0.02 * pairs) return 'utf-16be'
  return undefined
}

function decodesAs(label: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Valid UTF-8 but for single bad bytes: a file with one damaged character is still UTF-8. */
function isUtf8(head: Buffer, whole: boolean): boolean {
  const complete = whole ? head : head.subarray(0, head.length - partialUtf8Bytes(head))
  if (decodesAs('utf-8', complete) !== undefined) return true
  const text = complete.toString('utf8')
  let bad = 0
  let good = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0xfffd) bad++
    else if (code > 0x7f) good++
  }
  return good > 20 * bad
}

/** Hangul, kana or Han pairs that make sense as such; a Latin-1 text fails either the decoder or the share of letters. */
function eastAsian(head: Buffer): string | undefined {
  const share = (text: string, letters: RegExp) => {
    const wide = text.match(/[^\u0000-\u007f]/g)?.length ?? 0
    return wide === 0 ? 0 : (text.match(letters)?.length ?? 0) / wide
  }
  const paired = pairedShare(head) > 0.8
  // A multi-byte pair may be cut at the end of the sample.
  for (const cut of [0, 1]) {
    const bytes = head.subarray(0, head.length - cut)
    const korean = decodesAs('euc-kr', bytes)
    if (paired && korean !== undefined && share(korean, /[\uac00-\ud7a3]/g) > 0.8) return 'euc-kr'
    const japanese = decodesAs('shift_jis', bytes)
    if (japanese !== undefined && share(japanese, /[\u3040-\u30ff]/g) > 0.3) return 'shift_jis'
    const chinese = decodesAs('gb18030', bytes)
    if (paired && chinese !== undefined && share(chinese, /[\u4e00-\u9fa5]/g) > 0.9) return 'gb18030'
  }
  return undefined
}

/** Share of the bytes above ASCII that stand beside another: nearly all in Korean and Chinese, few in Western text. */
function pairedShare(bytes: Buffer): number {
  let high = 0
  let paired = 0
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! < 0x80) continue
    high++
    if (bytes[i - 1]! >= 0x80 || bytes[i + 1]! >= 0x80) paired++
  }
  return high === 0 ? 0 : paired / high
}

/** Bytes at the end of a UTF-8 buffer that begin a character which the buffer does not complete. */
export function partialUtf8Bytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/** A streaming decoder: characters cut by a chunk are completed by the next one; `end` gives what is left. */
export interface Decoder {
  push(bytes: Buffer): string
  end(): string
}

export function createDecoder(label: string): Decoder {
  if (label !== 'utf-8') {
    const decoder = new TextDecoder(label, { ignoreBOM: true })
    return { push: bytes => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() }
  }
  // Whole characters go to the fast one-shot decoders; what a chunk cuts waits for the next.
  let held: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes])
      if (isAscii(all)) {
        held = Buffer.alloc(0)
        return all.toString('latin1')
      }
      const cut = all.length - partialUtf8Bytes(all)
      held = Buffer.from(all.subarray(cut))
      return all.toString('utf8', 0, cut)
    },
    end: () => held.toString('utf8'),
  }
}

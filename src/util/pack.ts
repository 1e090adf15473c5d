import { crc32 } from 'node:zlib'
import { InputError } from './errors.ts'

/** Anything made of plain objects, arrays, strings, numbers, booleans, null and typed arrays. */
export type Packable =
  string | number | boolean | null | TypedArray | readonly Packable[] | { readonly [key: string]: Packable }

export type TypedArray =
  Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array

const ARRAY_TYPES = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
} as const
type ArrayType = keyof typeof ARRAY_TYPES

const MAGIC = 'GLPK'
const VERSION = 1
const HEADER_BYTES = 16 // magic, version, length of the JSON, checksum
const CRC_BYTE = 12 // CRC-32 of all that follows the header; 0: not known
const ALIGN = 8

/**
 * Writes a value as one buffer: a JSON skeleton, then its typed arrays, 8-byte aligned, little-endian.
 * Same value, same bytes. Non-finite numbers outside typed arrays are kept (`NaN`, `±Infinity`).
 *
 *     | GLPK v1 length crc | JSON … pad | array 0 … pad | array 1 … pad |
 */
export function pack(value: unknown): Uint8Array {
  const arrays: TypedArray[] = []
  const skeleton = (node: unknown): unknown => {
    if (typeof node === 'number' && !Number.isFinite(node)) return { $number: String(node) }
    if (ArrayBuffer.isView(node)) {
      const array = node as TypedArray
      const type = (Object.keys(ARRAY_TYPES) as ArrayType[]).find(
        name =>
          Object.getPrototypeOf(array).constructor === ARRAY_TYPES[name] ||
          array instanceof ARRAY_TYPES[name],
      )!
      arrays.push(array)
      return { $array: type, length: array.length }
    }
    if (Array.isArray(node)) return node.map(skeleton)
    if (node !== null && typeof node === 'object') {
      // Entries, not an object: keys such as __proto__ must survive.
      return {
        $entries: Object.entries(node).flatMap(([key, item]) =>
          item === undefined ? [] : [[key, skeleton(item)]],
        ),
      }
    }
    return node
  }
  const json = new TextEncoder().encode(JSON.stringify(skeleton(value)))
  const padded = (bytes: number) => Math.ceil(bytes / ALIGN) * ALIGN
  const start = padded(HEADER_BYTES + json.length)
  const total = arrays.reduce((sum, array) => sum + padded(array.byteLength), start)
  const bytes = new Uint8Array(total)
  bytes.set(new TextEncoder().encode(MAGIC))
  new DataView(bytes.buffer).setUint32(4, VERSION, true)
  new DataView(bytes.buffer).setUint32(8, json.length, true)
  bytes.set(json, HEADER_BYTES)
  let offset = start
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset)
    offset += padded(array.byteLength)
  }
  new DataView(bytes.buffer).setUint32(CRC_BYTE, crc32(bytes.subarray(HEADER_BYTES)), true)
  return bytes
}

/** Reads back what `pack` wrote. Throws an InputError when the bytes are not ours, of another version, cut short or changed. */
export function unpack(packed: Uint8Array): unknown {
  // A Buffer's slice would be a view of its pool, not a copy.
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = new TextDecoder().decode(bytes.subarray(0, 4))
  if (bytes.length < HEADER_BYTES || magic !== MAGIC) {
    throw new InputError(
      'E_BAD_FORMAT',
      `packed file starts with ${JSON.stringify(magic)}: expected "${MAGIC}"; it is not ours or was cut`,
    )
  }
  const version = view.getUint32(4, true)
  if (version !== VERSION) {
    throw new InputError(
      'E_BAD_VERSION',
      `packed file has format version ${version}: this program reads version ${VERSION}; use the version that wrote it`,
    )
  }
  const jsonLength = view.getUint32(8, true)
  let offset = Math.ceil((HEADER_BYTES + jsonLength) / ALIGN) * ALIGN
  if (offset > bytes.length)
    throw new InputError(
      'E_BAD_FORMAT',
      `packed file has ${bytes.length} bytes: at least ${offset} were expected; it was cut`,
    )
  const crc = view.getUint32(CRC_BYTE, true)
  if (crc !== 0 && crc !== crc32(bytes.subarray(HEADER_BYTES))) {
    throw new InputError(
      'E_BAD_FORMAT',
      'packed file has another CRC-32 than when it was written: expected the same bytes, but it was changed or was cut; restore it, or make it anew',
    )
  }
  const restore = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(restore)
    if (node === null || typeof node !== 'object') return node
    const object = node as {
      $number?: string
      $array?: ArrayType
      length?: number
      $entries?: [string, unknown][]
    }
    if (object.$number !== undefined) return Number(object.$number)
    if (object.$array !== undefined) {
      const type = ARRAY_TYPES[object.$array]
      const byteLength = object.length! * type.BYTES_PER_ELEMENT
      if (offset + byteLength > bytes.length) {
        throw new InputError(
          'E_BAD_FORMAT',
          `packed file has ${bytes.length} bytes: at least ${offset + byteLength} were expected; it was cut`,
        )
      }
      // A Buffer's own slice is a view of its pool, not a copy.
      const copy = Uint8Array.prototype.slice.call(bytes, offset, offset + byteLength)
      const array = new type(copy.buffer)
      offset += Math.ceil(byteLength / ALIGN) * ALIGN
      return array
    }
    const result: Record<string, unknown> = {}
    for (const [key, item] of object.$entries!) {
      Object.defineProperty(result, key, {
        value: restore(item),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return result
  }
  return restore(
    JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + jsonLength))),
  )
}

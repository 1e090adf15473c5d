const encoder = new TextEncoder()

/**
 * A writer for the protobuf wire format (protobuf.dev/programming-guides/encoding), just what ONNX messages need. Everything
 * goes into one buffer that doubles when full; nested messages are written with their length before them.
 */
export class Message {
  private buffer: Uint8Array
  length = 0

  constructor(capacity = 64) {
    this.buffer = new Uint8Array(capacity)
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(2 * this.buffer.length, this.length + bytes))
    grown.set(this.buffer.subarray(0, this.length))
    this.buffer = grown
  }

  private varint(value: number | bigint): this {
    this.reserve(10)
    if (typeof value === 'bigint' || value < 0 || value > Number.MAX_SAFE_INTEGER) {
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 127n; rest >>= 7n) this.buffer[this.length++] = Number(rest & 127n) | 128
      this.buffer[this.length++] = Number(rest)
      return this
    }
    let rest = value
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.buffer[this.length++] = (rest % 128) | 128
    for (; rest > 127; rest >>>= 7) this.buffer[this.length++] = (rest & 127) | 128
    this.buffer[this.length++] = rest
    return this
  }

  private raw(bytes: Uint8Array): this {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
    return this
  }

  /** Varint field: int32, int64, bool, enum. Negative numbers take ten bytes, as the format says. */
  int(field: number, value: number | bigint): this {
    return this.varint((field << 3) | 0).varint(value)
  }

  /** 32-bit float field. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.varint((field << 3) | 5).raw(bytes)
  }

  /** Length-delimited field: string, bytes. */
  bytes(field: number, value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value
    return this.varint((field << 3) | 2)
      .varint(bytes.length)
      .raw(bytes)
  }

  /** Repeated strings; equal neighbours are encoded once. */
  strings(field: number, values: readonly string[]): this {
    let text: string | undefined
    let bytes: Uint8Array = new Uint8Array(0)
    for (const value of values) {
      if (value !== text) [text, bytes] = [value, encoder.encode(value)]
      this.bytes(field, bytes)
    }
    return this
  }

  /** Nested message. */
  message(field: number, value: Message): this {
    return this.bytes(field, value.encode())
  }

  /** Packed repeated varints. */
  ints(field: number, values: ArrayLike<number | bigint>): this {
    const packed = new Message(values.length + 16)
    for (let i = 0; i < values.length; i++) packed.varint(values[i]!)
    return this.message(field, packed)
  }

  /** Packed repeated floats. */
  floats(field: number, values: ArrayLike<number>): this {
    const packed = Float32Array.from(values)
    return this.bytes(field, new Uint8Array(packed.buffer))
  }

  /** The bytes so far: a view of the buffer, so finish the message first. */
  encode(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }
}

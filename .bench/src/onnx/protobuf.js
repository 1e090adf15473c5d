/**
 * A writer for the protobuf wire format (protobuf.dev/programming-guides/encoding), just what ONNX messages need.
 * A message is a list of byte chunks; nested messages are written with their length before them.
 */
export class Message {
    chunks = [];
    length = 0;
    push(chunk) {
        this.chunks.push(chunk);
        this.length += chunk.length;
        return this;
    }
    /** Varint field: int32, int64, bool, enum. Negative numbers take ten bytes, as the format says. */
    int(field, value) {
        return this.push(varint((field << 3) | 0)).push(varint(value));
    }
    /** 32-bit float field. */
    float(field, value) {
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setFloat32(0, value, true);
        return this.push(varint((field << 3) | 5)).push(bytes);
    }
    /** Length-delimited field: string, bytes. */
    bytes(field, value) {
        const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
        return this.push(varint((field << 3) | 2))
            .push(varint(bytes.length))
            .push(bytes);
    }
    /** Nested message. */
    message(field, value) {
        this.push(varint((field << 3) | 2)).push(varint(value.length));
        for (const chunk of value.chunks)
            this.push(chunk);
        return this;
    }
    /** Packed repeated varints. */
    ints(field, values) {
        const packed = new Message();
        for (let i = 0; i < values.length; i++)
            packed.push(varint(values[i]));
        return this.message(field, packed);
    }
    /** Packed repeated floats. */
    floats(field, values) {
        const packed = Float32Array.from(values);
        return this.bytes(field, new Uint8Array(packed.buffer));
    }
    encode() {
        const result = new Uint8Array(this.length);
        let offset = 0;
        for (const chunk of this.chunks) {
            result.set(chunk, offset);
            offset += chunk.length;
        }
        return result;
    }
}
const SMALL = Array.from({ length: 128 }, (_, value) => Uint8Array.of(value));
function varint(value) {
    if (typeof value === 'number' && value >= 0 && value < 128)
        return SMALL[value];
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes = [];
    while (rest > 127n) {
        bytes.push(Number(rest & 127n) | 128);
        rest >>= 7n;
    }
    bytes.push(Number(rest));
    return Uint8Array.from(bytes);
}

/*
 * Reads the graph of a model file back: what another runtime needs to compute it. Field numbers as in onnx.proto.
 */

export interface ReadTensor {
  readonly dims: readonly number[]
  /** TensorProto.DataType. */
  readonly type: number
  readonly bytes: Uint8Array
}

export interface ReadNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly numbers: Readonly<Record<string, number>>
  readonly lists: Readonly<Record<string, readonly number[]>>
  readonly texts: Readonly<Record<string, string>>
  readonly graphs: Readonly<Record<string, ReadGraph>>
}

export interface ReadGraph {
  readonly nodes: readonly ReadNode[]
  readonly constants: ReadonlyMap<string, ReadTensor>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** The main graph of an encoded model. */
export function readGraph(model: Uint8Array): ReadGraph {
  const graph = fieldsOf(model).find(({ field }) => field === 7)
  if (!graph) throw new Error('a model without a graph')
  return graphOf(graph.bytes)
}

interface Field {
  readonly field: number
  readonly value: number
  /** Empty for numbers. */
  readonly bytes: Uint8Array
  readonly isNumber: boolean
}

const NONE = new Uint8Array(0)
const decoder = new TextDecoder()
const text = ({ bytes }: Field) => decoder.decode(bytes)

function* walk(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  let at = 0
  const varint = (): number => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asIntN(64, value))
    }
  }
  while (at < message.length) {
    const tag = varint()
    const field = tag >>> 3
    const wire = tag & 7
    if (wire === 0) yield { field, value: varint(), bytes: NONE, isNumber: true }
    else if (wire === 5) {
      yield { field, value: view.getFloat32(at, true), bytes: NONE, isNumber: true }
      at += 4
    } else if (wire === 2) {
      const length = varint()
      yield { field, value: 0, bytes: message.subarray(at, at + length), isNumber: false }
      at += length
    } else throw new Error(`wire type ${wire} is not written by this package`)
  }
}
const fieldsOf = (message: Uint8Array): Field[] => [...walk(message)]

/** A list of whole numbers, packed or one by one. */
function whole(fields: readonly Field[], wanted: number): number[] {
  return fields.flatMap(({ field, value, bytes, isNumber }) => {
    if (field !== wanted) return []
    return isNumber ? [value] : packed(bytes)
  })
}

function packed(bytes: Uint8Array): number[] {
  const values: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift
    shift += 7n
    if (byte >= 128) continue
    values.push(Number(BigInt.asIntN(64, value)))
    value = 0n
    shift = 0n
  }
  return values
}

function graphOf(message: Uint8Array): ReadGraph {
  const fields = fieldsOf(message)
  const of = (wanted: number) => fields.filter(({ field }) => field === wanted)
  const names = (wanted: number) =>
    of(wanted).map(({ bytes }) => text(fieldsOf(bytes).find(({ field }) => field === 1)!))
  const constants = new Map<string, ReadTensor>()
  for (const { bytes } of of(5)) {
    const tensor = fieldsOf(bytes)
    const name = tensor.find(({ field }) => field === 8)
    constants.set(name ? text(name) : '', {
      dims: whole(tensor, 1),
      type: tensor.find(({ field }) => field === 2)?.value ?? 0,
      bytes: tensor.find(({ field }) => field === 9)?.bytes ?? NONE,
    })
  }
  const nodes = of(1).map(({ bytes }) => nodeOf(bytes))
  return { nodes, constants, inputs: names(11), outputs: names(12) }
}

function nodeOf(message: Uint8Array): ReadNode {
  const fields = fieldsOf(message)
  const texts = (wanted: number) => fields.filter(({ field }) => field === wanted).map(text)
  const node = {
    type: texts(4)[0] ?? '',
    inputs: texts(1),
    outputs: texts(2),
    numbers: {} as Record<string, number>,
    lists: {} as Record<string, readonly number[]>,
    texts: {} as Record<string, string>,
    graphs: {} as Record<string, ReadGraph>,
  }
  for (const { field, bytes } of fields) {
    if (field !== 5) continue
    const attribute = fieldsOf(bytes)
    const name = text(attribute.find(one => one.field === 1)!)
    for (const one of attribute) {
      if (one.field === 2 || one.field === 3) node.numbers[name] = one.value
      if (one.field === 4) node.texts[name] = text(one)
      if (one.field === 6) node.graphs[name] = graphOf(one.bytes)
      if (one.field === 8) node.lists[name] = whole(attribute, 8)
    }
  }
  return node
}

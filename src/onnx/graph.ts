import { sha256 } from '../util/files.ts'
import { Message } from './protobuf.ts'

/** Versions every exported model pins: IR 9, default domain 20 (StringSplit, StringConcat), ai.onnx.ml 3 (onnx 1.15 and later). */
export const IR_VERSION = 9
export const OPSET = 20
export const ML_OPSET = 3
export const ML_DOMAIN = 'ai.onnx.ml'
/** onnxruntime's own operators: training graphs, and the one text step that no standard operator can express. */
export const MICROSOFT_DOMAIN = 'com.microsoft'

/** TensorProto.DataType numbers. */
const ELEMENT_TYPES = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  double: 11,
} as const
export type ElementType = keyof typeof ELEMENT_TYPES

/** A value inside a graph. */
export interface Tensor {
  readonly name: string
  readonly type: ElementType
}

export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | readonly string[]

/** A whole number is written as INT, any other number as FLOAT; wrap in `floatAttribute` to force FLOAT. */
export type Attribute =
  number | string | boolean | Graph | { readonly float: number } | AttributeList | TensorAttribute
type AttributeList =
  | { readonly floats: ArrayLike<number> }
  | { readonly ints: ArrayLike<number | bigint> }
  | { readonly strings: readonly string[] }
interface TensorAttribute {
  readonly tensor: TensorData
  readonly dims: readonly number[]
  readonly type?: ElementType
}

/** A dimension: a size, or the name of one that varies (`N`). */
export type Dimension = number | string

interface OpOptions {
  /** Element type of the results; that of the first input unless said. */
  readonly type?: ElementType
  readonly domain?: string
}

/**
 * Builds one ONNX graph node by node. Names are made here and never collide with the names of inputs and outputs, which are
 * the user's column names. Node names say which step made them when a `scope` is set.
 */
export class Graph {
  readonly name: string
  readonly parent: Graph | undefined
  private readonly nodes: Message[] = []
  private readonly initializers: Message[] = []
  private readonly inputs: Message[] = []
  private readonly outputs: Message[] = []
  private readonly shapes: Message[] = []
  private readonly known = new Map<string, Tensor[]>()
  private readonly taken: Set<string>
  private readonly constants = new Map<string, Tensor>()
  private readonly domains: Set<string>
  private readonly made = new Map<string, unknown>()
  private counter = 0
  /** Prefix of the names of nodes made from now on. */
  scope = ''
  /** When true, a node that computes the same as an earlier one is not written again. Never with random operators. */
  shareNodes = false

  constructor(name: string, parent?: Graph) {
    this.name = name
    this.parent = parent
    this.taken = parent ? parent.taken : new Set()
    this.domains = parent ? parent.domains : new Set([''])
  }

  /** Keeps names (of columns, of outputs) from being used inside the graph. Call it before the first node. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.taken.add(name)
  }

  private fresh(hint: string): string {
    for (;;) {
      const name = `/${this.scope ? `${this.scope}/` : ''}${hint}_${this.parent ? `${this.name}_` : ''}${this.counter++}`
      if (this.taken.has(name)) continue
      this.taken.add(name)
      return name
    }
  }

  input(name: string, type: ElementType, dims: readonly Dimension[]): Tensor {
    this.taken.add(name)
    this.inputs.push(valueInfo(name, type, dims))
    return { name, type }
  }

  /** Makes `tensor` a result of the graph under `name`. */
  output(name: string, tensor: Tensor, dims: readonly Dimension[]): void {
    this.taken.add(name)
    this.nodes.push(nodeMessage('Identity', [tensor], [name], {}, '', `/output/${name}`))
    this.outputs.push(valueInfo(name, tensor.type, dims))
  }

  /** Makes `tensor` the next result of a branch or body: the name is made here, no size of its `rank` dimensions is known. */
  result(tensor: Tensor, rank: number): void {
    const name = this.fresh('result')
    this.nodes.push(nodeMessage('Identity', [tensor], [name], {}, '', name))
    const dims = Array.from({ length: rank }, (_, axis) => `${name} ${axis}`)
    this.outputs.push(valueInfo(name, tensor.type, dims))
  }

  /** What `make` gave the first time it was called with this key: for parts of a graph that several steps need. */
  once<T>(key: string, make: () => T): T {
    if (!this.made.has(key)) this.made.set(key, make())
    return this.made.get(key) as T
  }

  /** A constant tensor; equal ones are stored once. `type` widens small typed arrays (e.g. bool from Uint8Array). */
  constant(data: TensorData, dims: readonly number[], type: ElementType = elementTypeOf(data)): Tensor {
    const raw = Array.isArray(data)
      ? JSON.stringify(data)
      : bytesOf(data as Exclude<TensorData, readonly string[]>)
    const key = `${type} ${dims.join(',')} ${sha256(raw)}`
    const known = this.constants.get(key)
    if (known) return known
    const tensor = { name: this.fresh('const'), type }
    this.initializers.push(tensorMessage(tensor.name, data, dims, type))
    this.constants.set(key, tensor)
    return tensor
  }

  /** A constant with a name of its own, never merged with an equal one. */
  initializer(
    name: string,
    data: TensorData,
    dims: readonly number[],
    type: ElementType = elementTypeOf(data),
  ): Tensor {
    this.taken.add(name)
    this.initializers.push(tensorMessage(name, data, dims, type))
    return { name, type }
  }

  /** float32 scalar. */
  readonly f32 = (value: number): Tensor => this.constant(Float32Array.of(value), [])
  /** float64 scalar. */
  readonly f64 = (value: number): Tensor => this.constant(Float64Array.of(value), [])
  /** int64 vector, as shapes, axes and indices want. */
  readonly i64 = (...values: readonly number[]): Tensor =>
    this.constant(BigInt64Array.from(values, BigInt), [values.length])

  /** Adds a node with one result. `undefined` among the inputs is an omitted optional input. */
  op(
    type: string,
    inputs: readonly (Tensor | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: OpOptions = {},
  ): Tensor {
    return this.ops(type, inputs, 1, attributes, options)[0]!
  }

  /** Adds a node with several results, all of one element type unless `types` says otherwise. */
  ops(
    type: string,
    inputs: readonly (Tensor | undefined)[],
    results: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    options: OpOptions & { readonly types?: readonly ElementType[] } = {},
  ): Tensor[] {
    const domain = options.domain ?? ''
    const key = this.shareNodes ? nodeKey(type, inputs, results, attributes, domain) : undefined
    const known = key === undefined ? undefined : this.known.get(key)
    if (known) return known
    this.domains.add(domain)
    const outputs = Array.from({ length: results }, (_, i) => ({
      name: this.fresh(type),
      type: options.types?.[i] ?? options.type ?? inputs[0]?.type ?? 'float',
    }))
    this.nodes.push(
      nodeMessage(
        type,
        inputs,
        outputs.map(output => output.name),
        attributes,
        domain,
        outputs[0]?.name ?? this.fresh(type),
      ),
    )
    if (key !== undefined) this.known.set(key, outputs)
    return outputs
  }

  /** Cast to another element type; nothing when it is that type already. */
  cast(tensor: Tensor, type: ElementType): Tensor {
    return tensor.type === type ? tensor : this.op('Cast', [tensor], { to: ELEMENT_TYPES[type] }, { type })
  }

  /** Writes down type and shape of a value, where the checker cannot find them: results of operators it does not know. */
  declare(tensor: Tensor, dims: readonly Dimension[]): Tensor {
    this.shapes.push(valueInfo(tensor.name, tensor.type, dims))
    return tensor
  }

  /** A graph for the body of Loop, If or Scan: it sees the tensors of this one. */
  subgraph(name: string): Graph {
    const graph = new Graph(name, this)
    graph.scope = this.scope
    return graph
  }

  /** Operator sets in use, by domain; '' is ONNX itself. */
  get operatorSets(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.domains].map(domain => [domain, versionOf(domain)]))
  }

  private graphMessage(): Message {
    const message = new Message()
    for (const node of this.nodes) message.message(1, node)
    message.bytes(2, this.name)
    for (const initializer of this.initializers) message.message(5, initializer)
    for (const input of this.inputs) message.message(11, input)
    for (const output of this.outputs) message.message(12, output)
    for (const shape of this.shapes) message.message(13, shape)
    return message
  }

  /** @internal used for attributes that hold a graph */
  get message(): Message {
    return this.graphMessage()
  }

  /** The whole model file. `metadata` becomes metadata_props, shown by any ONNX viewer. */
  encode(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const model = new Message().int(1, IR_VERSION).bytes(2, 'glasspilot')
    model.message(7, this.graphMessage())
    for (const domain of this.domains) {
      model.message(8, new Message().bytes(1, domain).int(2, versionOf(domain)))
    }
    for (const [key, value] of Object.entries(metadata))
      model.message(14, new Message().bytes(1, key).bytes(2, value))
    return model.encode()
  }
}

/** What a node computes, as text; undefined where attributes are too large to compare or hold graphs. */
function nodeKey(
  type: string,
  inputs: readonly (Tensor | undefined)[],
  results: number,
  attributes: Readonly<Record<string, Attribute>>,
  domain: string,
): string | undefined {
  if (Object.values(attributes).some(value => typeof value === 'object')) return undefined
  return JSON.stringify([domain, type, results, inputs.map(input => input?.name ?? ''), attributes])
}

const versionOf = (domain: string): number => (domain === '' ? OPSET : domain === ML_DOMAIN ? ML_OPSET : 1)

/** Forces a FLOAT attribute for a whole number. */
export const floatAttribute = (value: number): Attribute => ({ float: value })

function elementTypeOf(data: TensorData): ElementType {
  if (data instanceof Float32Array) return 'float'
  if (data instanceof Float64Array) return 'double'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof BigInt64Array) return 'int64'
  if (data instanceof Uint8Array) return 'uint8'
  if (data instanceof Int8Array) return 'int8'
  if (data instanceof Int16Array) return 'int16'
  if (data instanceof Uint16Array) return 'uint16'
  return 'string'
}

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

function tensorMessage(name: string, data: TensorData, dims: readonly number[], type: ElementType): Message {
  const message = new Message().ints(1, dims).int(2, ELEMENT_TYPES[type]).bytes(8, name)
  if (Array.isArray(data)) for (const text of data as readonly string[]) message.bytes(6, text)
  else message.bytes(9, bytesOf(data as Float32Array))
  return message
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): Message {
  const shape = new Message()
  for (const dim of dims) {
    shape.message(1, typeof dim === 'number' ? new Message().int(1, dim) : new Message().bytes(2, dim))
  }
  const tensorType = new Message().int(1, ELEMENT_TYPES[type]).message(2, shape)
  return new Message().bytes(1, name).message(2, new Message().message(1, tensorType))
}

function nodeMessage(
  type: string,
  inputs: readonly (Tensor | undefined)[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
  domain: string,
  name: string,
): Message {
  const message = new Message()
  for (const input of inputs) message.bytes(1, input?.name ?? '')
  for (const output of outputs) message.bytes(2, output)
  message.bytes(3, name).bytes(4, type)
  for (const [key, value] of Object.entries(attributes)) message.message(5, attributeMessage(key, value))
  if (domain) message.bytes(7, domain)
  return message
}

/** AttributeProto.AttributeType numbers are the last argument of each `int(20, …)`. */
function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().bytes(1, name)
  if (typeof value === 'boolean') return message.int(3, value ? 1 : 0).int(20, 2)
  if (typeof value === 'number') {
    return Number.isInteger(value) ? message.int(3, value).int(20, 2) : message.float(2, value).int(20, 1)
  }
  if (typeof value === 'string') return message.bytes(4, value).int(20, 3)
  if (value instanceof Graph) return message.message(6, value.message).int(20, 5)
  if ('float' in value) return message.float(2, value.float).int(20, 1)
  if ('floats' in value) return message.floats(7, value.floats).int(20, 6)
  if ('ints' in value) return message.ints(8, value.ints).int(20, 7)
  if ('strings' in value) {
    return message.strings(9, value.strings).int(20, 8)
  }
  return message
    .message(5, tensorMessage('', value.tensor, value.dims, value.type ?? elementTypeOf(value.tensor)))
    .int(20, 4)
}

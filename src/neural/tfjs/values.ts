import type { ReadTensor } from '../../onnx/read-graph.ts'
import type { Feed } from '../../onnx/session.ts'
import type { Tf, TfTensor } from './tf.ts'

/** 64-bit whole numbers are sizes, places and counts: they stay outside of TensorFlow, which has none. */
export interface HostInts {
  readonly ints: readonly number[]
  readonly shape: readonly number[]
}
export type Value = TfTensor | HostInts

export const isHost = (value: Value): value is HostInts => 'ints' in value

export function tensorOf(value: Value): TfTensor {
  if (isHost(value)) throw new Error('a tensor was expected where sizes are')
  return value
}

export function intsOf(value: Value): readonly number[] {
  return isHost(value) ? value.ints : Array.from(value.dataSync())
}

const FLOAT = 1
const UINT8 = 2
const INT32 = 6
const INT64 = 7

/** A constant of the graph. */
export function constantValue(tf: Tf, { dims, type, bytes }: ReadTensor): Value {
  const own = bytes.slice().buffer // aligned
  if (type === INT64) return { ints: Array.from(new BigInt64Array(own), Number), shape: dims }
  if (type === FLOAT) return tf.tensor(new Float32Array(own), dims, 'float32')
  if (type === INT32) return tf.tensor(new Int32Array(own), dims, 'int32')
  throw new Error(`a constant of element type ${type}: expected float32, int32 or int64`)
}

/** What is fed, in TensorFlow's hands; bytes become 32-bit numbers there. */
export function fedValue(tf: Tf, { type, data, dims }: Feed): Value {
  if (type === 'int64') return { ints: Array.from(data as BigInt64Array, Number), shape: dims }
  if (type === 'float32') return tf.tensor(data as Float32Array, dims, 'float32')
  if (type === 'int32') return tf.tensor(data as Int32Array, dims, 'int32')
  if (type === 'uint8') return tf.tensor(Int32Array.from(data as Uint8Array), dims, 'int32')
  throw new Error(`tensors of ${type} cannot be fed to TensorFlow.js`)
}

/** Name of an element type of ONNX in TensorFlow.js. */
export function dtypeOf(type: number): string {
  if (type === FLOAT) return 'float32'
  if (type === UINT8 || type === INT32 || type === INT64) return 'int32'
  return 'bool'
}

import type { ReadNode } from '../../onnx/read-graph.ts'
import { conv, convTranspose, gridSample, maxPool } from './pictures.ts'
import type { Tf, TfTensor } from './tf.ts'
import { dtypeOf, intsOf, isHost, tensorOf, type HostInts, type Value } from './values.ts'

/** One operator of ONNX: omitted inputs are undefined. */
export type Operator = (
  tf: Tf,
  inputs: readonly (Value | undefined)[],
  node: ReadNode,
) => readonly Value[] | Value

const tensors = (inputs: readonly (Value | undefined)[]) => inputs.map(input => tensorOf(input!))

const unary =
  (name: 'neg' | 'exp' | 'log' | 'sqrt' | 'relu' | 'tanh' | 'sigmoid' | 'selu' | 'sin' | 'cos'): Operator =>
  (tf, inputs) =>
    tf[name](tensorOf(inputs[0]!))

type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'minimum' | 'maximum' | 'equal' | 'greater' | 'greaterEqual' | 'lessEqual' // prettier-ignore
const binary =
  (name: BinaryName): Operator =>
  (tf, inputs) => {
    const [a, b] = tensors(inputs) as [TfTensor, TfTensor]
    return tf[name](a, b)
  }

/** Arithmetic of places is done outside of TensorFlow. */
const places =
  (name: BinaryName, whole: (a: number, b: number) => number): Operator =>
  (tf, inputs, node) => {
    const [a, b] = inputs
    if (!isHost(a!) || !isHost(b!)) return binary(name)(tf, inputs, node)
    const longer = a.ints.length >= b.ints.length ? a : b
    return {
      ints: longer.ints.map((_, i) => whole(a.ints[i % a.ints.length]!, b.ints[i % b.ints.length]!)),
      shape: longer.shape,
    }
  }

const reduced =
  (name: 'sum' | 'mean' | 'logSumExp'): Operator =>
  (tf, [x, axes], { numbers }) =>
    tf[name](tensorOf(x!), axes && intsOf(axes), (numbers['keepdims'] ?? 1) === 1)

const reshape: Operator = (tf, [x, wanted]) => {
  const shape = intsOf(wanted!)
  const filled = shape.map((size, axis) => (size === 0 ? x!.shape[axis]! : size))
  return isHost(x!) ? { ints: x.ints, shape: filled } : tf.reshape(x!, filled)
}

const unsqueeze: Operator = (tf, [x, axes]) => {
  const shape = [...x!.shape]
  for (const axis of [...intsOf(axes!)].sort((a, b) => a - b)) shape.splice(axis, 0, 1)
  return isHost(x!) ? { ints: x.ints, shape } : tf.reshape(x!, shape)
}

const slice: Operator = (tf, [x, starts, ends, axes, steps]) => {
  const of = tensorOf(x!)
  const [from, to] = [intsOf(starts!), intsOf(ends!)]
  const along = axes ? intsOf(axes) : from.map((_, axis) => axis)
  const begin = of.shape.map(() => 0)
  const size = [...of.shape]
  for (const [i, axis] of along.entries()) {
    const length = of.shape[axis]!
    if (steps && intsOf(steps)[i] === -1) return tf.reverse(of, axis)
    const bound = (at: number) => Math.max(0, Math.min(length, at < 0 ? at + length : at))
    begin[axis] = bound(from[i]!)
    size[axis] = Math.max(0, bound(to[i]!) - begin[axis])
  }
  return tf.slice(of, begin, size)
}

const gather: Operator = (tf, [x, rows], { numbers }) => {
  const axis = numbers['axis'] ?? 0
  if (isHost(x!)) return pickedInts(x, rows!)
  if (!isHost(rows!)) return tf.gather(x!, rows!, axis)
  const at = rows.ints[0]!
  const begin = x!.shape.map(() => 0)
  const size = [...x!.shape]
  begin[axis] = at
  size[axis] = 1
  const shape = x!.shape.filter((_, i) => i !== axis)
  return tf.reshape(tf.slice(x!, begin, size), shape)
}

/** Rows of a list or of a table of places. */
function pickedInts({ ints, shape }: HostInts, rows: Value): HostInts {
  const width = shape.slice(1).reduce((product, size) => product * size, 1)
  return {
    ints: intsOf(rows).flatMap(row => ints.slice(row * width, (row + 1) * width)),
    shape: [...rows.shape, ...shape.slice(1)],
  }
}

const product =
  (turnA: string, turnB: string): Operator =>
  (tf, inputs, { numbers }) => {
    const [a, b, c] = tensors(inputs) as [TfTensor, TfTensor, TfTensor | undefined]
    const made = tf.matMul(a, b, numbers[turnA] === 1, numbers[turnB] === 1)
    return c ? tf.add(made, c) : made
  }

const cast: Operator = (tf, [x], { numbers }) => {
  const type = dtypeOf(numbers['to']!)
  const from = isHost(x!) ? tf.tensor(x.ints, x.shape, 'int32') : x!
  // Casts to bool cut off what is behind the point.
  return type === 'bool' ? tf.notEqual(from, tf.cast(tf.scalar(0), from.dtype)) : tf.cast(from, type)
}

const pad: Operator = (tf, [x, sides]) => {
  const all = intsOf(sides!)
  return tf.pad(
    tensorOf(x!),
    x!.shape.map((_, axis) => [all[axis]!, all[axis + x!.shape.length]!] as const),
  )
}

const expand: Operator = (tf, [x, wanted]) => {
  const shape = intsOf(wanted!)
  return tf.broadcastTo(
    tensorOf(x!),
    x!.shape.map((size, axis) => Math.max(size, shape[axis]!)),
  )
}

/** Zeros, with values added at places that may repeat. */
const scatter: Operator = (tf, inputs) => {
  const [zeros, places, values] = tensors(inputs) as [TfTensor, TfTensor, TfTensor]
  return tf.scatterND(places, values, zeros.shape)
}

/** Every operator that training and scoring graphs are made of. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: places('add', (a, b) => a + b),
  Sub: places('sub', (a, b) => a - b),
  Mul: places('mul', (a, b) => a * b),
  Div: binary('div'),
  Min: binary('minimum'),
  Max: binary('maximum'),
  Equal: binary('equal'),
  Greater: binary('greater'),
  GreaterOrEqual: binary('greaterEqual'),
  LessOrEqual: binary('lessEqual'),
  Neg: unary('neg'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Relu: unary('relu'),
  Tanh: unary('tanh'),
  Sigmoid: unary('sigmoid'),
  Selu: unary('selu'),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Identity: (_, [x]) => x!,
  Shape: (_, [x]) => ({ ints: x!.shape, shape: [x!.shape.length] }),
  Cast: cast,
  Reshape: reshape,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Gather: gather,
  Pad: pad,
  Expand: expand,
  ScatterND: scatter,
  Transpose: (tf, [x], { lists }) => tf.transpose(tensorOf(x!), lists['perm']),
  Concat: (tf, inputs, { numbers }) => tf.concat(tensors(inputs), numbers['axis'] ?? 0),
  Split: (tf, [x, sizes], { numbers }) => tf.split(tensorOf(x!), intsOf(sizes!), numbers['axis'] ?? 0),
  Sum: (tf, inputs) => tensors(inputs).reduce((sum, x) => tf.add(sum, x)),
  Where: (tf, inputs) => tf.where(...(tensors(inputs) as [TfTensor, TfTensor, TfTensor])),
  Clip: (tf, [x, low, high]) => tf.minimum(tf.maximum(tensorOf(x!), tensorOf(low!)), tensorOf(high!)),
  Gemm: product('transA', 'transB'),
  MatMul: product('', ''),
  FusedMatMul: product('transA', 'transB'),
  ReduceSum: reduced('sum'),
  ReduceMean: reduced('mean'),
  ReduceLogSumExp: reduced('logSumExp'),
  Softmax: (tf, [x]) => tf.softmax(tensorOf(x!)), // always along the last axis
  LogSoftmax: (tf, [x]) => tf.logSoftmax(tensorOf(x!)),
  Conv: (tf, [x, filter, biases]) => conv(tf, tensorOf(x!), tensorOf(filter!), biases && tensorOf(biases)),
  ConvTranspose: (tf, [x, filter]) => convTranspose(tf, tensorOf(x!), tensorOf(filter!)),
  MaxPool: (tf, [x]) => maxPool(tf, tensorOf(x!)),
  GridSample: (tf, [x, grid]) => gridSample(tf, tensorOf(x!), tensorOf(grid!)),
}

import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../util/errors.ts'

/** A tensor of TensorFlow.js, as far as it is used here. */
export interface TfTensor {
  readonly shape: readonly number[]
  readonly dtype: string
  dataSync(): Float32Array | Int32Array | Uint8Array
  dispose(): void
}

type Numbers = Float32Array | Int32Array | Uint8Array | readonly number[]
type Shape = readonly number[]
type Unary = (x: TfTensor) => TfTensor
type Binary = (a: TfTensor, b: TfTensor) => TfTensor
type Reduce = (x: TfTensor, axes?: Shape, keepDims?: boolean) => TfTensor

/** The part of TensorFlow.js that training graphs need; tfjs-node, tfjs-node-gpu and tfjs share it. */
export interface Tf
  extends
    Record<
      | 'neg' | 'exp' | 'log' | 'sqrt' | 'relu' | 'tanh' | 'sigmoid' | 'selu' | 'sin' | 'cos' | 'floor' | 'keep', // prettier-ignore
      Unary
    >,
    Record<
      | 'add' | 'sub' | 'mul' | 'div' | 'minimum' | 'maximum' | 'equal' | 'notEqual' | 'greater' | 'greaterEqual' | 'lessEqual' | 'logicalAnd', // prettier-ignore
      Binary
    >,
    Record<'sum' | 'mean' | 'logSumExp', Reduce> {
  tidy<T>(work: () => T): T
  tensor(values: Numbers, shape: Shape, dtype: 'float32' | 'int32' | 'bool'): TfTensor
  scalar(value: number): TfTensor
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor
  cast(x: TfTensor, dtype: string): TfTensor
  reshape(x: TfTensor, shape: Shape): TfTensor
  transpose(x: TfTensor, order?: Shape): TfTensor
  slice(x: TfTensor, begin: Shape, size: Shape): TfTensor
  reverse(x: TfTensor, axis: number): TfTensor
  concat(parts: readonly TfTensor[], axis: number): TfTensor
  split(x: TfTensor, sizes: Shape, axis: number): TfTensor[]
  pad(x: TfTensor, sides: readonly (readonly [number, number])[]): TfTensor
  gather(x: TfTensor, rows: TfTensor, axis?: number): TfTensor
  broadcastTo(x: TfTensor, shape: Shape): TfTensor
  matMul(a: TfTensor, b: TfTensor, turnA?: boolean, turnB?: boolean): TfTensor
  softmax(x: TfTensor, axis?: number): TfTensor
  logSoftmax(x: TfTensor, axis?: number): TfTensor
  scatterND(places: TfTensor, values: TfTensor, shape: Shape): TfTensor
  conv2d(x: TfTensor, filter: TfTensor, strides: number, pad: 'same'): TfTensor
  conv2dTranspose(x: TfTensor, filter: TfTensor, shape: Shape, strides: number, pad: 'same'): TfTensor
  maxPool(x: TfTensor, size: number, strides: number, pad: 'valid'): TfTensor
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  getBackend(): string
  memory(): { readonly numTensors: number }
}

/** Fastest first. The last is plain JavaScript, far slower; its WebAssembly backend is taken where it is installed. */
export const TFJS_PACKAGES = [
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs',
] as const
const WASM_BACKEND = '@tensorflow/tfjs-backend-wasm'

export interface LoadedTf {
  readonly tf: Tf
  /** Package and backend, for people. */
  readonly found: string
}

let loading: Promise<LoadedTf | undefined> | undefined

/** TensorFlow.js, if one of its packages is installed. */
export function loadTfjs(): Promise<LoadedTf | undefined> {
  loading ??= load()
  return loading
}

async function load(): Promise<LoadedTf | undefined> {
  for (const name of TFJS_PACKAGES) {
    try {
      const path = findPackage(name)
      if (path === undefined) continue
      const tf = await importTf(path)
      if (name === '@tensorflow/tfjs') await takeWasm(tf)
      await tf.ready()
      return { tf, found: `${name}, backend ${tf.getBackend()}` }
    } catch (error) {
      broken.push(`${name}: ${messageOf(error).split('\n')[0]}`)
    }
  }
  return undefined
}

/** Packages that are installed but do not load, with the reason. */
export const broken: string[] = []

/** Where a package lies that is installed beside this one or in the working directory. */
function findPackage(name: string): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json'))]) {
    try {
      return createRequire(from).resolve(name)
    } catch {
      continue
    }
  }
  return undefined
}

async function importTf(path: string): Promise<Tf> {
  const loaded = (await import(pathToFileURL(path).href)) as Partial<Tf> & { readonly default?: Tf }
  return loaded.default ?? (loaded as Tf)
}

async function takeWasm(tf: Tf): Promise<void> {
  const path = findPackage(WASM_BACKEND)
  if (path !== undefined) await import(pathToFileURL(path).href)
  await tf.setBackend(path === undefined ? 'cpu' : 'wasm')
}

import type * as Ort from 'onnxruntime-node'
import { BackendError, messageOf } from '../util/errors.ts'

export type Feed = Ort.Tensor
type Runtime = typeof Ort

let loading: Promise<Runtime> | undefined

/** onnxruntime: the native package, or onnxruntime-web (WebAssembly, slower, when installed) where that cannot load. */
export function loadRuntime(): Promise<Runtime> {
  loading ??= import('onnxruntime-node').catch(async (nativeError: unknown) => {
    try {
      const web: string = 'onnxruntime-web' // not installed by default, so not resolved at build time
      return (await import(web)) as Runtime
    } catch {
      throw new BackendError(
        'E_NO_ONNXRUNTIME',
        `onnxruntime-node could not be loaded (${messageOf(nativeError)}): expected its native library for this platform; reinstall it, or install onnxruntime-web to run without it`,
        { exit: 'bug', cause: nativeError },
      )
    }
  })
  return loading
}

/** onnxruntime's name of what computes. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

export interface SessionOptions {
  /** Threads inside one operator. Default 1: parallelism comes from running several sessions. */
  readonly threads?: number
  /** `extended` for convolutional nets (the layout change of `all` costs memory there). */
  readonly optimization?: 'all' | 'extended'
  /** What computes the operators it has; the processor does the others. Default cpu. */
  readonly device?: Provider
}

/** A loaded graph. Release it when done: native memory is not collected. */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(
    feeds: Readonly<Record<string, Feed>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, Feed>>>
  release(): Promise<void>
}

/** Loads a graph from its bytes; never from a path, so no file it names can be opened. */
export async function openSession(
  model: Uint8Array,
  { threads = 1, optimization = 'all', device = 'cpu' }: SessionOptions = {},
): Promise<Session> {
  const ort = await loadRuntime()
  const session = await ort.InferenceSession.create(model, {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
    // A spinning pool starves its neighbours on a busy machine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (feeds, fetches) =>
      (fetches ? session.run(feeds, [...fetches]) : session.run(feeds)) as Promise<
        Readonly<Record<string, Feed>>
      >,
    release: () => session.release(),
  }
}

/** A tensor to feed: element type by the array, strings from a list. */
export async function feed(
  data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | readonly string[],
  dims: readonly number[],
): Promise<Feed> {
  const ort = await loadRuntime()
  if (Array.isArray(data)) return new ort.Tensor('string', data as string[], dims)
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, dims)
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims)
  if (data instanceof BigInt64Array) return new ort.Tensor('int64', data, dims)
  return new ort.Tensor('uint8', data as Uint8Array, dims)
}

import { Worker } from 'node:worker_threads'
import { TrialError } from '../util/errors.ts'
import type { Kernels } from './kernels.ts'
import type { WasmMemory, WasmModule } from './wasm.ts'

/** A call of one kernel with its arguments. */
export interface KernelCall {
  readonly kernel: keyof Kernels
  readonly args: readonly number[]
}

const MAX_ARGS = 24
const SPINS = 20_000 // looks at a flag before a thread lies down to wait
const LOST_MS = 600_000

// Flags of a helper, in a shared Int32Array: the number of the last order, of the last one carried out, the kernel, and how many
// arguments; the arguments stand in a Float64Array, the answer before them.
const [ORDER, DONE, KERNEL, COUNT, FLAGS] = [0, 1, 2, 3, 4]

/** Orders larger than this end a helper. */
const STOP = 0x7fffffff

interface HelperData {
  readonly module: WasmModule
  readonly memory: WasmMemory
  readonly flags: Int32Array
  readonly numbers: Float64Array
  readonly names: readonly string[]
  readonly spins: number
  readonly stop: number
}

/**
 * What a helper does: it waits for orders and carries them out. It is handed to the thread as text, so it must stand alone; the
 * compiler turns nothing in it into a call of anything outside.
 */
function help(
  { module, memory, flags, numbers, names, spins, stop }: HelperData,
  wasm: { readonly Instance: new (module: unknown, imports: unknown) => { readonly exports: unknown } },
): void {
  const exports = new wasm.Instance(module, { env: { memory, abort: () => undefined } }).exports as Record<
    string,
    (...args: number[]) => number | undefined
  >
  let seen = 0
  Atomics.store(flags, 1, 0)
  Atomics.notify(flags, 1)
  for (;;) {
    for (let i = 0; i < spins && Atomics.load(flags, 0) === seen; i++);
    while (Atomics.load(flags, 0) === seen) Atomics.wait(flags, 0, seen)
    seen = Atomics.load(flags, 0)
    if (seen === stop) return
    numbers[0] = exports[names[flags[2]!]!]!(...numbers.subarray(1, 1 + flags[3]!)) ?? 0
    Atomics.store(flags, 1, seen)
    Atomics.notify(flags, 1)
  }
}

/** One thread beside the calling one. */
class Helper {
  private readonly flags = new Int32Array(new SharedArrayBuffer(4 * FLAGS))
  private readonly numbers = new Float64Array(new SharedArrayBuffer(8 * (1 + MAX_ARGS)))
  private order = 0

  constructor(module: WasmModule, memory: WasmMemory, names: readonly string[]) {
    this.flags[DONE] = -1 // until it has started
    const workerData: HelperData = { module, memory, flags: this.flags, numbers: this.numbers, names, spins: SPINS, stop: STOP } // prettier-ignore
    const source = `(${help.toString()})(require('node:worker_threads').workerData, WebAssembly)`
    new Worker(source, { eval: true, workerData, stdout: true, stderr: true }).unref()
  }

  get ready(): boolean {
    return Atomics.load(this.flags, DONE) >= 0
  }

  begin(kernel: number, args: readonly number[]): void {
    this.numbers.set(args, 1)
    this.flags[KERNEL] = kernel
    this.flags[COUNT] = args.length
    this.order = (this.order + 1) % STOP
    Atomics.store(this.flags, ORDER, this.order)
    Atomics.notify(this.flags, ORDER)
  }

  end(): number {
    const { flags, order } = this
    for (let i = 0; i < SPINS && Atomics.load(flags, DONE) !== order; i++);
    for (let done = Atomics.load(flags, DONE); done !== order; done = Atomics.load(flags, DONE)) {
      if (Atomics.wait(flags, DONE, done, LOST_MS) === 'timed-out')
        throw new TrialError(
          'E_THREAD_LOST',
          'a thread of the tree kernels did not answer for ten minutes: expected an answer at once; run again, with one thread if it happens again',
        )
    }
    return this.numbers[0]!
  }

  stop(): void {
    Atomics.store(this.flags, ORDER, STOP)
    Atomics.notify(this.flags, ORDER)
  }
}

/**
 * Threads over one shared memory that call kernels side by side. Who calls waits for all, so that a program reads as if one thread
 * ran it. Threads start in the background; until one is there, the caller does its share.
 */
export class Team {
  readonly size: number
  private readonly own: Kernels
  private readonly helpers: readonly Helper[]
  private readonly places: ReadonlyMap<string, number>

  /** `size`: threads with the calling one, at least 2. */
  constructor(own: Kernels, module: WasmModule, memory: WasmMemory, size: number) {
    const names = Object.keys(own)
    this.own = own
    this.size = size
    this.places = new Map(names.map((name, place) => [name, place]))
    this.helpers = Array.from({ length: size - 1 }, () => new Helper(module, memory, names))
  }

  /** Whether every thread has started. */
  get ready(): boolean {
    return this.helpers.every(helper => helper.ready)
  }

  /** Carries out at most `size` calls that do not write where another reads or writes; returns their answers. */
  run(calls: readonly KernelCall[]): number[] {
    const answers = Array.from({ length: calls.length }, () => 0)
    const begun: { readonly helper: Helper; readonly place: number }[] = []
    for (let place = 1; place < calls.length; place++) {
      const helper = this.helpers[place - 1]!
      const { kernel, args } = calls[place]!
      if (!helper.ready) continue
      helper.begin(this.places.get(kernel)!, args)
      begun.push({ helper, place })
    }
    for (const [place, call] of calls.entries())
      if (!begun.some(one => one.place === place)) answers[place] = this.call(call)
    for (const { helper, place } of begun) answers[place] = helper.end()
    return answers
  }

  private call({ kernel, args }: KernelCall): number {
    return (this.own[kernel] as (...args: readonly number[]) => number | undefined)(...args) ?? 0
  }

  stop(): void {
    for (const helper of this.helpers) helper.stop()
  }
}

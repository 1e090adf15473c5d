import { readFileSync } from 'node:fs'
import { BackendError, TrialError, messageOf } from '../util/errors.ts'
import { shareKernels } from './shared-kernels.ts'
import { Team } from './team.ts'
import { WebAssembly, type WasmMemory, type WasmModule } from './wasm.ts'

/** A byte address in the kernels' memory; 0 where a kernel takes "none". */
export type Pointer = number

/** What the WebAssembly module offers; each function is described in `assembly/`, the arrays in README.md. */
export interface Kernels {
  heapBase(): Pointer
  binColumn(values: Pointer, n: number, thresholds: Pointer, missingBin: number, bins: Pointer): void
  layLines(columns: Pointer, n: number, dense: number, blocks: Pointer): void
  countEntries(bins: Pointer, n: number, fallback: number, counts: Pointer): void
  fillEntries(
    bins: Pointer,
    n: number,
    fallback: number,
    first: number,
    cursors: Pointer,
    entries: Pointer,
  ): void
  histogramDense(
    blocks: Pointer,
    units: Pointer,
    unitCount: number,
    rows: Pointer,
    from: number,
    n: number,
    gradients: Pointer,
    histogram: Pointer,
    scratch: Pointer,
  ): void
  histogramSparse(
    starts: Pointer,
    entries: Pointer,
    firstEntry: number,
    rows: Pointer,
    n: number,
    gradients: Pointer,
    histogram: Pointer,
  ): void
  fillDefaults(table: Pointer, list: Pointer, n: number, node: Pointer, histogram: Pointer): void
  addHistogram(table: Pointer, list: Pointer, n: number, histogram: Pointer, other: Pointer): void
  clearHistogram(table: Pointer, list: Pointer, n: number, histogram: Pointer): void
  writeUnits(
    table: Pointer,
    list: Pointer,
    n: number,
    rowCount: number,
    dense: number,
    units: Pointer,
  ): number
  sumRows(rows: Pointer, n: number, gradients: Pointer, node: Pointer): void
  findSplit(
    table: Pointer,
    list: Pointer,
    n: number,
    histogram: Pointer,
    sibling: Pointer,
    node: Pointer,
    lambda: number,
    alpha: number,
    minWeight: number,
    minRows: number,
    seed: number,
    centres: Pointer,
    directions: Pointer,
    alive: Pointer,
  ): number
  findRandomSplit(
    blocks: Pointer,
    rowCount: number,
    dense: number,
    table: Pointer,
    list: Pointer,
    listed: number,
    rows: Pointer,
    n: number,
    gradients: Pointer,
    node: Pointer,
    lambda: number,
    alpha: number,
    minWeight: number,
    minRows: number,
    seed: number,
    centres: Pointer,
    directions: Pointer,
  ): void
  addTotals(parts: Pointer, n: number, node: Pointer): void
  readTotals(node: Pointer): void
  adoptTotal(parent: Pointer, child: Pointer, right: number): void
  partitionDense(column: Pointer, sides: Pointer, rows: Pointer, n: number, spare: Pointer): number
  partitionSparse(
    starts: Pointer,
    entries: Pointer,
    low: number,
    high: number,
    fallback: number,
    sides: Pointer,
    rows: Pointer,
    n: number,
    spare: Pointer,
  ): number
  joinParts(rows: Pointer, spare: Pointer, parts: Pointer, n: number): number
  addToRows(rows: Pointer, n: number, value: number, scores: Pointer): void
  walkBins(
    tree: Pointer,
    blocks: Pointer,
    rowCount: number,
    dense: number,
    groups: Pointer,
    rows: Pointer,
    n: number,
    values: Pointer,
    scores: Pointer,
  ): void
  logisticGradients(
    scores: Pointer,
    target: Pointer,
    weights: Pointer,
    n: number,
    gScale: number,
    hScale: number,
    gradients: Pointer,
  ): void
  squaredGradients(
    scores: Pointer,
    target: Pointer,
    weights: Pointer,
    n: number,
    gScale: number,
    hScale: number,
    gradients: Pointer,
  ): void
  largestResidual(scores: Pointer, target: Pointer, weights: Pointer, n: number): number
  softmaxTotals(
    scores: Pointer,
    stride: number,
    classes: number,
    n: number,
    peak: Pointer,
    total: Pointer,
  ): void
  softmaxGradients(
    scores: Pointer,
    target: Pointer,
    weights: Pointer,
    n: number,
    label: number,
    peak: Pointer,
    total: Pointer,
    gScale: number,
    hScale: number,
    gradients: Pointer,
  ): void
  histogramClasses(
    column: Pointer,
    stride: number,
    rows: Pointer,
    n: number,
    labels: Pointer,
    classes: number,
    bins: number,
    histogram: Pointer,
  ): void
  sketchGradients(
    scores: Pointer,
    target: Pointer,
    weights: Pointer,
    stride: number,
    classes: number,
    direction: Pointer,
    peak: Pointer,
    total: Pointer,
    g: Pointer,
    h: Pointer,
    alongG: Pointer,
    alongH: Pointer,
  ): void
  largestOf(values: Pointer, n: number): number
  storeGradients(g: Pointer, h: Pointer, n: number, gScale: number, hScale: number, gradients: Pointer): void
  sumByLeaf(
    leafOf: Pointer,
    n: number,
    g: Pointer,
    h: Pointer,
    stride: number,
    classes: number,
    sums: Pointer,
  ): void
  addByLeaf(
    leafOf: Pointer,
    n: number,
    steps: Pointer,
    stride: number,
    classes: number,
    scores: Pointer,
  ): void
  judgeClassesBy(byEntropy: number): void
  sumClasses(rows: Pointer, n: number, labels: Pointer, classes: number, totals: Pointer): void
  findClassSplit(
    histogram: Pointer,
    classes: number,
    valueBins: number,
    totals: Pointer,
    n: number,
    feature: number,
    minRows: number,
    sides: Pointer,
    best: Pointer,
  ): void
  randomClassSplit(
    column: Pointer,
    stride: number,
    rows: Pointer,
    n: number,
    labels: Pointer,
    classes: number,
    missingBin: number,
    totals: Pointer,
    feature: number,
    minRows: number,
    seed: number,
    centres: Pointer,
    sides: Pointer,
    best: Pointer,
  ): void
  growRandomTree(
    blocks: Pointer,
    rowCount: number,
    dense: number,
    table: Pointer,
    centres: Pointer,
    pool: Pointer,
    features: number,
    drawn: number,
    rows: Pointer,
    n: number,
    spare: Pointer,
    gradients: Pointer,
    classes: number,
    total: Pointer,
    minRows: number,
    maxDepth: number,
    lambda: number,
    step: number,
    seed: number,
    work: Pointer,
    nodes: Pointer,
    leaves: Pointer,
    values: Pointer,
  ): number
  findLevelSplit(
    table: Pointer,
    list: Pointer,
    n: number,
    histograms: Pointer,
    nodes: Pointer,
    leaves: number,
    lambda: number,
    directions: Pointer,
    scores: Pointer,
    best: Pointer,
  ): void
  placeSplit(
    table: Pointer,
    histogram: Pointer,
    node: Pointer,
    feature: number,
    bin: number,
    missingLeft: number,
  ): void
  subtractHistogram(table: Pointer, list: Pointer, n: number, parent: Pointer, child: Pointer): void
  gradientNorms(gradients: Pointer, n: number, hFactor: number, norms: Pointer): number
  expectedRows(norms: Pointer, n: number, limit: number): number
  sampleRows(
    norms: Pointer,
    n: number,
    limit: number,
    seed: number,
    gradients: Pointer,
    rows: Pointer,
    spare: Pointer,
  ): number
  predictRows(
    nodes: Pointer,
    roots: Pointer,
    trees: number,
    outputOf: Pointer,
    values: Pointer,
    width: number,
    matrix: Pointer,
    n: number,
    features: number,
    sums: Pointer,
    outputs: number,
  ): void
  findRecords(
    bytes: Pointer,
    length: number,
    delimiter: number,
    returns: number,
    width: number,
    headers: Pointer,
    headerLength: number,
    state: Pointer,
    ends: Pointer,
    starts: Pointer,
    firsts: Pointer,
  ): number
  readNumbers(
    bytes: Pointer,
    ends: Pointer,
    starts: Pointer,
    firsts: Pointer,
    n: number,
    column: number,
    trim: number,
    tokens: Pointer,
    counts: Pointer,
    odd: Pointer,
    out: Pointer,
  ): number
  narrow(values: Pointer, n: number, out: Pointer): number
  addWord(dictionary: Pointer, word: Pointer, length: number): void
  rehash(dictionary: Pointer): void
  readWords(
    bytes: Pointer,
    ends: Pointer,
    starts: Pointer,
    firsts: Pointer,
    row: number,
    n: number,
    column: number,
    trim: number,
    dictionary: Pointer,
    keep: number,
    spare: Pointer,
    stopped: Pointer,
    out: Pointer,
  ): number
  readTexts(
    bytes: Pointer,
    ends: Pointer,
    starts: Pointer,
    firsts: Pointer,
    row: number,
    n: number,
    column: number,
    trim: number,
    base: number,
    to: Pointer,
    out: Pointer,
    longest: Pointer,
  ): number
}

const PAGE = 65_536
const MAX_PAGES = 65_536 // 4 GiB, all a 32-bit address can name
const ALIGN = 64 // a cache line
const KEEP_PAGES = 4096 // arenas above 256 MB are not kept for the next fit

const compiled = new Map<string, WasmModule>()

/** The kernels, built for a memory of one thread or of several. */
function compile(build: 'trees' | 'trees-shared'): WasmModule {
  const known = compiled.get(build)
  if (known) return known
  const url = new URL(`./build/${build}.wasm`, import.meta.url)
  try {
    const module = new WebAssembly.Module(readFileSync(url))
    compiled.set(build, module)
    return module
  } catch (error) {
    throw new BackendError(
      'E_NO_KERNELS',
      `tree kernels could not be loaded (${messageOf(error)}): expected them beside the program; run "npm run build" or reinstall the package`,
      { exit: 'bug', cause: error },
    )
  }
}

/**
 * One instance of the kernels with a memory of its own, handed out from the bottom up and given back all at once.
 * Views are made anew after anything was allocated: growing the memory detaches the old ones.
 */
export class Arena {
  readonly kernels: Kernels
  private readonly memory: WasmMemory
  private top: Pointer
  /** The whole memory as 32-bit integers, for single reads: `words[pointer / 4]`. */
  words: Int32Array
  /** The whole memory as float64: `numbers[pointer / 8]`. */
  numbers: Float64Array
  bytes: Uint8Array
  /** The threads that share the kernels' work, where there is more than one. */
  readonly team: Team | undefined

  constructor(threads = 1) {
    const shared = threads > 1
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared })
    const module = compile(shared ? 'trees-shared' : 'trees')
    const env = { memory: this.memory, abort: () => undefined }
    const own = new WebAssembly.Instance(module, { env }).exports as unknown as Kernels
    this.team = shared ? new Team(own, module, this.memory, threads) : undefined
    this.top = own.heapBase()
    this.words = new Int32Array(this.memory.buffer)
    this.numbers = new Float64Array(this.memory.buffer)
    this.bytes = new Uint8Array(this.memory.buffer)
    this.kernels = this.team ? shareKernels(own, this.team, this) : own
  }

  /** Room for `bytes`, at a multiple of 64. Not cleared. */
  allocate(bytes: number): Pointer {
    const start = Math.ceil(this.top / ALIGN) * ALIGN
    const end = start + bytes
    const pages = Math.ceil(end / PAGE) - this.pages
    if (pages > 0) this.grow(pages, end)
    this.top = end
    return start
  }

  private grow(pages: number, bytes: number): void {
    try {
      this.memory.grow(pages)
      this.words = new Int32Array(this.memory.buffer)
      this.numbers = new Float64Array(this.memory.buffer)
      this.bytes = new Uint8Array(this.memory.buffer)
    } catch (error) {
      throw new TrialError(
        'E_TREE_MEMORY',
        `tree learner needs ${Math.ceil(bytes / 1e6)} MB: expected at most 4 GB and that much free memory; use fewer rows or columns`,
        { cause: error },
      )
    }
  }

  get pages(): number {
    return this.memory.buffer.byteLength / PAGE
  }

  /** Where the next allocation starts; hand it to `rewind` to give back all that came after. */
  get mark(): Pointer {
    return this.top
  }

  rewind(mark: Pointer): void {
    this.top = mark
  }

  clear(pointer: Pointer, bytes: number): void {
    new Uint8Array(this.memory.buffer, pointer, bytes).fill(0)
  }

  u8(pointer: Pointer, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer, length)
  }

  u16(pointer: Pointer, length: number): Uint16Array {
    return new Uint16Array(this.memory.buffer, pointer, length)
  }

  i32(pointer: Pointer, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, length)
  }

  u32(pointer: Pointer, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, pointer, length)
  }

  f32(pointer: Pointer, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length)
  }

  f64(pointer: Pointer, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, pointer, length)
  }

  /** Allocates and copies. */
  put(
    data: Int8Array | Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array,
  ): Pointer {
    const pointer = this.allocate(data.byteLength)
    this.u8(pointer, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return pointer
  }
}

const idle: Arena[] = []

/**
 * Runs `work` with an arena nobody else uses meanwhile; all it allocates is given back at the end. With `threads` above 1 the
 * kernels share their work among so many.
 */
export async function withArena<T>(work: (arena: Arena) => T | Promise<T>, threads = 1): Promise<T> {
  if (threads > 1) {
    const arena = new Arena(threads)
    try {
      return await work(arena)
    } finally {
      arena.team?.stop()
    }
  }
  const arena = idle.pop() ?? new Arena()
  const mark = arena.mark
  try {
    return await work(arena)
  } finally {
    arena.rewind(mark)
    if (arena.pages <= KEEP_PAGES && idle.length === 0) idle.push(arena)
  }
}

/** The part of the WebAssembly JavaScript interface used here; the compiler's own types for it come only with those of browsers. */
export interface WasmMemory {
  /** A SharedArrayBuffer where the memory is shared; it is read and written just so. */
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

export interface WasmModule {
  readonly [Symbol.toStringTag]: string
}

interface Wasm {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown }
  readonly Memory: new (limits: {
    readonly initial: number
    readonly maximum: number
    readonly shared?: boolean
  }) => WasmMemory
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Wasm }

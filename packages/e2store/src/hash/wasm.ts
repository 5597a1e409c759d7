/** The part of the WebAssembly API that is used, so that the package compiles without DOM or Node types. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: RoutineExports }
}

/** What an assembled module exports: its memory and its function. */
interface RoutineExports {
  readonly m: { readonly buffer: ArrayBuffer }
  readonly f: WasmRoutine['run']
}

/** A compiled function over its own linear memory. */
export interface WasmRoutine {
  readonly memory: Uint8Array
  readonly run: (pointer: number, count: number) => void
}

/** Bytes of code, in nested lists. */
export type Code = number | readonly Code[]

/** The source of one routine: `(pointer i32, count i32) -> ()` over `pages` of 64 KiB, with `data` at byte `dataAt`. */
export interface WasmSource {
  readonly locals: readonly { readonly count: number; readonly type: typeof I32 | typeof I64 | typeof V128 }[]
  readonly code: Code
  readonly pages: number
  readonly dataAt: number
  readonly data: Uint8Array
}

export const I32 = 0x7f
export const I64 = 0x7e
export const V128 = 0x7b

/** The parameters of a routine, which are its first local variables. */
export const POINTER = 0
export const COUNT = 1

/** Instructions that all routines use: the value of a local variable, setting it, a number of 32 bits. */
export const get = (local: number): Code => [0x20, unsigned(local)]
export const set = (local: number): Code => [0x21, unsigned(local)]
export const constant = (value: number): Code => [0x41, signed(value)]

/** A vector instruction. */
export const simd = (operation: number): Code => [0xfd, unsigned(operation)]

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = []
  let rest = value
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  out.push(rest)
  return out
}

/** Signed LEB128 of a number of 32 bits. */
export function signed(value: number): number[] {
  const out: number[] = []
  let rest = value | 0
  while (rest < -64 || rest > 63) {
    out.push((rest & 0x7f) | 0x80)
    rest >>= 7
  }
  out.push(rest & 0x7f)
  return out
}

/**
 * Assemble and compile a routine; `undefined` where WebAssembly is missing or forbidden by a content security policy.
 */
export function compileRoutine(source: WasmSource): WasmRoutine | undefined {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly
  if (api === undefined) return undefined
  try {
    const { exports } = new api.Instance(new api.Module(assemble(source)))
    return { memory: new Uint8Array(exports.m.buffer), run: exports.f }
  } catch {
    return undefined
  }
}

function assemble({ locals, code, pages, dataAt, data }: WasmSource): Uint8Array {
  const declared = locals.map(({ count, type }) => [unsigned(count), type])
  const body = flat([unsigned(locals.length), declared, code, 0x0b])
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, [0x01, 0x60, 0x02, I32, I32, 0x00]),
      section(3, [0x01, 0x00]),
      section(5, [0x01, 0x01, unsigned(pages), unsigned(pages)]),
      section(7, [0x02, 0x01, 0x6d, 0x02, 0x00, 0x01, 0x66, 0x00, 0x00]),
      section(10, [0x01, unsigned(body.length), body]),
      section(11, [0x01, 0x00, constant(dataAt), 0x0b, unsigned(data.length), [...data]]),
    ]),
  )
}

function section(id: number, content: readonly Code[]): Code {
  const bytes = flat(content)
  return [id, unsigned(bytes.length), bytes]
}

function flat(code: readonly Code[]): number[] {
  return (code as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as number[]
}

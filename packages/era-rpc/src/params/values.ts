import { RpcCode, RpcError } from '../protocol/rpc-error.ts'

/** Reads an argument, which may be absent. @throws {RpcError} `badParams` */
export interface Param<T> {
  /** What is expected, for messages. */
  readonly expected: string
  /** What it is if it is absent or null; without it, it has to be there. */
  readonly absent?: { readonly value: T }
  /** `undefined` if the value is none of those that are expected. */
  read(value: unknown): T | undefined
}

/** An argument or a field of one is not what it has to be. @param where `argument 0` */
export function badParam(where: string, expected: string): RpcError {
  return new RpcError(RpcCode.badParams, `invalid ${where}: expected ${expected}`)
}

const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,15})$/
const BYTES = /^0x(?:[0-9a-fA-F]{2})*$/

/** A number of at most 64 bits. */
export function readQuantity(value: unknown): bigint | undefined {
  return typeof value === 'string' && QUANTITY.test(value) ? BigInt(value) : undefined
}

/** So many bytes. */
export function readBytes(value: unknown, length: number): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length !== 2 + 2 * length || !BYTES.test(value)) return undefined
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(value.slice(2 + 2 * at, 4 + 2 * at), 16))
}

export const hash: Param<Uint8Array> = {
  expected: 'a hash: 0x and 64 hex digits',
  read: (value) => readBytes(value, 32),
}

export const index: Param<bigint> = {
  expected: 'a quantity: 0x and hex digits without leading zeros',
  read: readQuantity,
}

export const flag: Param<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
}

type ValuesOf<P extends readonly Param<unknown>[]> = { [K in keyof P]: P[K] extends Param<infer T> ? T : never }

/** Read the arguments of a call. @throws {RpcError} `badParams` */
export function readArguments<const P extends readonly Param<unknown>[]>(
  params: P,
  given: readonly unknown[],
): ValuesOf<P> {
  if (given.length > params.length) {
    throw new RpcError(RpcCode.badParams, `too many arguments, want at most ${params.length}`)
  }
  return params.map((param, at) => {
    const value = given[at] ?? undefined
    if (value === undefined) {
      if (param.absent !== undefined) return param.absent.value
      throw new RpcError(RpcCode.badParams, `missing value for required argument ${at}`)
    }
    const read = param.read(value)
    if (read === undefined) throw badParam(`argument ${at}`, param.expected)
    return read
  }) as ValuesOf<P>
}

import type { FullL2Block, FullTransaction } from './full-block.ts'
import { toHex } from './hex.ts'

/** What `JSON.stringify` takes as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * Any value of this package for JSON: bigints as decimal strings, bytes as `0x` and hex, the rest as it is; keys
 * without a value are left out.
 *
 * @throws {TypeError} for a function, a symbol or the like
 */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'string':
    case 'number':
    case 'boolean':
      return value
    case 'undefined':
      return null
    case 'object':
      if (value === null) return null
      if (value instanceof Uint8Array) return `0x${toHex(value)}`
      if (Array.isArray(value)) return value.map(toJson)
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, toJson(field)]])),
      )
    default:
      throw new TypeError(`a ${typeof value} has no JSON`)
  }
}

type JsonOf<T> = T extends bigint | Uint8Array
  ? string
  : T extends readonly (infer Item)[]
    ? readonly JsonOf<Item>[]
    : T extends undefined
      ? null
      : T extends object
        ? { readonly [K in keyof T]: JsonOf<T[K]> }
        : T

/** A full block as one line of JSON: {@link FullL2Block} without `lastEntryNumber`; an unknown fork id is null. */
export type BlockJson = JsonOf<Omit<FullL2Block, 'lastEntryNumber'>>

/**
 * A full block for JSON: u64 as decimal strings, u32 as numbers, bytes as `0x` and hex.
 *
 * @see docs/spec/sequencer-entries.md §8
 */
export function blockToJson(block: FullL2Block): BlockJson {
  return {
    entryNumber: block.entryNumber.toString(),
    number: block.number.toString(),
    batchNumber: block.batchNumber.toString(),
    forkId: block.forkId?.toString() ?? null,
    timestamp: block.timestamp.toString(),
    deltaTimestamp: block.deltaTimestamp,
    minTimestamp: block.minTimestamp.toString(),
    l1Blockhash: `0x${toHex(block.l1Blockhash)}`,
    l1InfotreeIndex: block.l1InfotreeIndex,
    hash: `0x${toHex(block.hash)}`,
    stateRoot: `0x${toHex(block.stateRoot)}`,
    globalExitRoot: `0x${toHex(block.globalExitRoot)}`,
    coinbase: `0x${toHex(block.coinbase)}`,
    blockGasLimit: block.blockGasLimit.toString(),
    blockInfoRoot: `0x${toHex(block.blockInfoRoot)}`,
    baseFee: `0x${toHex(block.baseFee)}`,
    transactions: block.transactions.map(transactionToJson),
  }
}

function transactionToJson(transaction: FullTransaction): BlockJson['transactions'][number] {
  return {
    index: transaction.index.toString(),
    isValid: transaction.isValid,
    encoded: `0x${toHex(transaction.encoded)}`,
    effectiveGasPricePercentage: transaction.effectiveGasPricePercentage,
    imStateRoot: `0x${toHex(transaction.imStateRoot)}`,
  }
}

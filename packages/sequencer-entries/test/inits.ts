import type { SequencerEntryInit } from '../src/index.ts'

/** `length` bytes of one value. */
export function bytes(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

/** Short ways to write protobuf entries. */
export const block = (number: bigint, batchNumber: bigint, root = 0): SequencerEntryInit => ({
  kind: 'l2Block',
  number,
  batchNumber,
  stateRoot: bytes(32, root),
})
export const tx = (l2blockNumber: bigint, length = 3): SequencerEntryInit => ({
  kind: 'transaction',
  l2blockNumber,
  isValid: true,
  encoded: bytes(length, 7),
})
export const end = (number: bigint): SequencerEntryInit => ({ kind: 'l2BlockEnd', number })
export const batchBookmark = (value: bigint): SequencerEntryInit => ({ kind: 'bookmark', type: 1, value })
export const blockBookmark = (value: bigint): SequencerEntryInit => ({ kind: 'bookmark', type: 2, value })
export const start = (number: bigint): SequencerEntryInit => ({ kind: 'batchStart', number, forkId: 9n, chainId: 5n })
export const batchEnd = (number: bigint, root = 0): SequencerEntryInit => ({
  kind: 'batchEnd',
  number,
  stateRoot: bytes(32, root),
})
export const ger = (batchNumber: bigint, root = 0): SequencerEntryInit => ({
  kind: 'updateGer',
  batchNumber,
  stateRoot: bytes(32, root),
})

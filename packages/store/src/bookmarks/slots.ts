// Also loaded by the worker, without a bundle: nothing from other packages may be imported here.

/** Longest key in a slot, that of the longest bookmark. */
export const MAX_KEY_BYTES = 16
/** Position of the number in a slot. */
export const NUMBER_AT: number = 1 + MAX_KEY_BYTES
/**
 * Bytes of a change on its way to the worker: `length u8 | key 16 bytes | number u64`, big-endian as in the index. The top
 * bit of the length means that the key is removed.
 */
export const SLOT_BYTES: number = NUMBER_AT + 8
export const REMOVED_BIT = 0x80
export const LENGTH_MASK = 0x7f

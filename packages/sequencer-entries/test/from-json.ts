import type { SequencerEntry } from '../src/index.ts'

/** Bytes of hex, with or without `0x`. */
export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/^0x/, ''), 'hex'))
}

/** An entry of a vector: what is `0x...` are bytes, what is all digits is a u64. */
export function entryFromJson(value: object): SequencerEntry {
  const revived = JSON.parse(JSON.stringify(value), (_key, field: unknown) => {
    if (typeof field !== 'string') return field
    if (field.startsWith('0x')) return fromHex(field)
    return /^\d+$/.test(field) ? BigInt(field) : field
  })
  return revived as SequencerEntry
}

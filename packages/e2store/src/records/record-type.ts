/**
 * The known record types, as the number of their two bytes in the file: `6532` is `0x6532`.
 *
 * @see docs/spec/e2store.md §2
 */
export const RecordType = {
  Empty: 0x0000,
  CompressedSignedBeaconBlock: 0x0100,
  CompressedBeaconState: 0x0200,
  CompressedHeader: 0x0300,
  CompressedHeaderWithProof: 0x0301,
  CompressedBody: 0x0400,
  CompressedReceipts: 0x0500,
  TotalDifficulty: 0x0600,
  Accumulator: 0x0700,
  CompressedAccount: 0x0800,
  CompressedStorage: 0x0900,
  CompressedSlimReceipts: 0x0a00,
  Proof: 0x0b00,
  /** Announced for files of blobs. */
  CompressedBlobsAndProofs: 0x0c00,
  Version: 0x6532,
  BlockIndex: 0x6632,
  DynamicBlockIndex: 0x6732,
  SlotIndex: 0x6932,
} as const

const NAMES = new Map<number, string>(Object.entries(RecordType).map(([name, type]) => [type, name]))

/** The name of a known type, or `undefined`. */
export function recordTypeName(type: number): string | undefined {
  return NAMES.get(type)
}

/** The four hex digits that specifications write for a type. */
export function recordTypeHex(type: number): string {
  return type.toString(16).padStart(4, '0')
}

/** Name and digits, for messages. */
export function describeType(type: number): string {
  const name = NAMES.get(type)
  return name ? `${name} (${recordTypeHex(type)})` : recordTypeHex(type)
}

/** Whether a type is in the range reserved for applications: first byte `80` or above. */
export function isVendorType(type: number): boolean {
  return type >= 0x8000
}

const MIB = 1_048_576

/** The default limit for records of a type: 50 MiB, 1 GiB for beacon states and state snapshots. */
export function defaultMaxRecordBytes(type: number): number {
  switch (type) {
    case RecordType.CompressedBeaconState:
    case RecordType.CompressedAccount:
    case RecordType.CompressedStorage:
      return 1024 * MIB
    default:
      return 50 * MIB
  }
}

/**
 * What entries hold, one shape for all generations. Names are those of the protobuf fields in camelCase. A field that a
 * generation does not carry has its zero value: 0, no bytes. Every u64 is a bigint; bytes borrow the entry's memory.
 */

/** A text for developers, with fields of a newer version kept as they came. */
export interface Debug {
  readonly message: string
  readonly unknown?: Uint8Array | undefined
}

interface Extra {
  readonly debug?: Debug | undefined
  /** Protobuf only: fields of a newer version, as they came, written back at the end. */
  readonly unknown?: Uint8Array | undefined
}

/** A key under which servers find the entry after it. */
export interface Bookmark {
  readonly kind: 'bookmark'
  /** One of `BookmarkType`, or a value of a newer version. */
  readonly type: number
  /** u64: number of the batch or block. */
  readonly value: bigint
  readonly unknown?: Uint8Array | undefined
}

/** Opens a batch. Protobuf only. */
export interface BatchStart extends Extra {
  readonly kind: 'batchStart'
  readonly number: bigint
  /** One of `BatchType`, or a value of a newer version. */
  readonly type: number
  readonly forkId: bigint
  readonly chainId: bigint
}

/** Closes a batch. Protobuf only. */
export interface BatchEnd extends Extra {
  readonly kind: 'batchEnd'
  readonly number: bigint
  readonly localExitRoot: Uint8Array
  readonly stateRoot: Uint8Array
}

/** The fields of an L2 block that its generations share. */
export interface L2BlockFields {
  readonly number: bigint
  readonly batchNumber: bigint
  /** Seconds since 1970. */
  readonly timestamp: bigint
  /** u32: seconds since the block before. */
  readonly deltaTimestamp: number
  readonly minTimestamp: bigint
  readonly l1Blockhash: Uint8Array
  /** u32. */
  readonly l1InfotreeIndex: number
  readonly hash: Uint8Array
  readonly stateRoot: Uint8Array
  readonly globalExitRoot: Uint8Array
  readonly coinbase: Uint8Array
  readonly blockGasLimit: bigint
  readonly blockInfoRoot: Uint8Array
  readonly baseFee: Uint8Array
}

/** Opens an L2 block. Before protobuf its hash and state root only come with its end. */
export interface L2Block extends L2BlockFields, Extra {
  readonly kind: 'l2Block'
  /** `pre-etrog` and `etrog` only; protobuf has it in the batch start. */
  readonly forkId?: bigint | undefined
  /** `etrog` only; protobuf has it in the batch start. */
  readonly chainId?: bigint | undefined
  /** `etrog` since March 2024 only: 32 bytes, or none for the older, shorter layout. */
  readonly localExitRoot?: Uint8Array | undefined
}

/** A transaction of the L2 block that is open. */
export interface Transaction extends Extra {
  readonly kind: 'transaction'
  /** Protobuf only. */
  readonly l2blockNumber: bigint
  /** Position in the block, though some nodes write 0 in all. Protobuf only. */
  readonly index: bigint
  readonly isValid: boolean
  /** RLP list (legacy) or typed Ethereum transaction. */
  readonly encoded: Uint8Array
  /** u32; u8 before protobuf. */
  readonly effectiveGasPricePercentage: number
  /** State root after this transaction; in `pre-etrog` none for the older, shorter layout. */
  readonly imStateRoot: Uint8Array
  /** `sequencer-2023-09` only. */
  readonly batchNumber?: bigint | undefined
}

/** Closes an L2 block. */
export interface L2BlockEnd {
  readonly kind: 'l2BlockEnd'
  readonly number: bigint
  /** `pre-etrog` and `etrog` only; protobuf has it in the block. */
  readonly hash?: Uint8Array | undefined
  /** `pre-etrog` and `etrog` only; protobuf has it in the block. */
  readonly stateRoot?: Uint8Array | undefined
  readonly unknown?: Uint8Array | undefined
}

/** The global exit root changed without a block. */
export interface UpdateGer extends Extra {
  readonly kind: 'updateGer'
  readonly batchNumber: bigint
  readonly timestamp: bigint
  readonly globalExitRoot: Uint8Array
  readonly coinbase: Uint8Array
  readonly forkId: bigint
  /** 0 in `pre-etrog`, which lacks it. */
  readonly chainId: bigint
  readonly stateRoot: Uint8Array
}

/** An entry of a type that the generation does not know, kept as it came. */
export interface UnknownEntry {
  readonly kind: 'unknown'
  readonly type: number
  readonly data: Uint8Array
}

/** Entries whose type the generation knows. */
export type KnownEntry = Bookmark | BatchStart | BatchEnd | L2Block | Transaction | L2BlockEnd | UpdateGer

/** What an entry of a zkEVM stream holds. */
export type SequencerEntry = KnownEntry | UnknownEntry

/** Tells the kinds of entries apart. */
export type EntryKind = KnownEntry['kind']

type Init<T extends KnownEntry> = T extends KnownEntry
  ? Pick<T, 'kind'> & { readonly [K in Exclude<keyof T, 'kind'>]?: T[K] | undefined }
  : never

/** An entry to encode: what is left out has its zero value. */
export type SequencerEntryInit = Init<KnownEntry> | UnknownEntry

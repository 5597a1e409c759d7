/** The type of deposits on OP chains. */
export const DEPOSIT_TYPE = 0x7e

/** A storage slot list of an address, as in EIP-2930. Addresses have 20 bytes, keys 32. */
export interface AccessListItem {
  readonly address: Uint8Array
  readonly storageKeys: readonly Uint8Array[]
}

/** An authorization as in EIP-7702. */
export interface Authorization {
  readonly chainId: bigint
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly yParity: bigint
  readonly r: bigint
  readonly s: bigint
}

/** What only deposits of OP chains have (type 0x7e). */
export interface DepositFields {
  readonly sourceHash: Uint8Array
  /** The sender, who does not sign. */
  readonly from: Uint8Array
  readonly mint: bigint
  readonly isSystemTransaction: boolean
}

/** A decoded transaction. Hashes have 32 bytes, addresses 20. */
export interface Transaction {
  readonly hash: Uint8Array
  /** 0 for a transaction without type; 0x7e for a deposit of an OP chain. */
  readonly type: number
  /** Absent from transactions without type that are not bound to a chain, and from deposits. */
  readonly chainId?: bigint
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** Absent if it creates a contract. */
  readonly to?: Uint8Array
  readonly value: bigint
  readonly input: Uint8Array
  /** Types 0 and 1. */
  readonly gasPrice?: bigint
  /** Types 2 to 4, as the next. */
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  /** Types 1 to 4. */
  readonly accessList?: readonly AccessListItem[]
  /** Type 3, as the next. */
  readonly maxFeePerBlobGas?: bigint
  readonly blobVersionedHashes?: readonly Uint8Array[]
  /** Type 4. */
  readonly authorizationList?: readonly Authorization[]
  /** As signed: 27, 28 or 35 + 2 × chain id + parity for type 0; the parity for types 1 to 4; absent from deposits. */
  readonly signature?: { readonly v: bigint; readonly r: bigint; readonly s: bigint; readonly yParity: number }
  readonly deposit?: DepositFields
}

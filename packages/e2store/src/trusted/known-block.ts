/** A block whose hash is public knowledge. The blocks before it can be trusted as far as their hashes lead to it. */
export interface KnownBlock {
  readonly number: bigint
  /** 32 bytes. */
  readonly hash: Uint8Array
  /** What it is, like `the last block before the merge of mainnet`. */
  readonly what: string
}

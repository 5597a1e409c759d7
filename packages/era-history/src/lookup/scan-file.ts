import { type BlockArchive, decodeHeaderWithProof, defaultHashes, splitBody } from '@datastreamer/e2store/execution'
import { MAX_ITEMS, PrefixIndex, prefixOf } from './prefix-index.ts'

const NONE = new Uint8Array(0)

/** Blocks of a file by hash. */
export interface BlockScan {
  readonly bytes: number
  /** Indices in the file. */
  find(hash: Uint8Array): number[]
}

/** Transactions of a file by hash. */
export interface TransactionScan {
  readonly bytes: number
  /** Indices of the block in the file, and in the block. */
  find(hash: Uint8Array): { readonly block: number; readonly index: number }[]
}

/** Hash all headers of a file. */
export async function scanBlocks(archive: BlockArchive): Promise<BlockScan> {
  const { keccak256 } = defaultHashes()
  const prefixes: number[] = []
  for await (const { header = NONE } of archive.iteratePayloads({ columns: ['header'] })) {
    const rlp = archive.kind === 'e2hs' ? decodeHeaderWithProof(header).header : header
    prefixes.push(prefixOf(keccak256(rlp)))
  }
  return new PrefixIndex(prefixes)
}

/** Hash all transactions of a file. What is beyond 2,097,152 of them is not found. */
export async function scanTransactions(archive: BlockArchive): Promise<TransactionScan> {
  const { keccak256 } = defaultHashes()
  const prefixes: number[] = []
  /** For each block how many transactions there are up to its end. */
  const ends = new Uint32Array(archive.count)
  let block = 0
  for await (const { body = NONE } of archive.iteratePayloads({ columns: ['body'] })) {
    for (const envelope of splitBody(body).transactions) {
      if (prefixes.length < MAX_ITEMS) prefixes.push(prefixOf(keccak256(envelope)))
    }
    ends[block++] = prefixes.length
  }
  const index = new PrefixIndex(prefixes)
  return {
    bytes: index.bytes + ends.byteLength,
    find: (hash) => index.find(hash).map((ordinal) => positionOf(ends, ordinal)),
  }
}

function positionOf(ends: Uint32Array, ordinal: number): { readonly block: number; readonly index: number } {
  let low = 0
  for (let high = ends.length; low < high; ) {
    const middle = (low + high) >>> 1
    if ((ends[middle] as number) <= ordinal) low = middle + 1
    else high = middle
  }
  return { block: low, index: ordinal - (low === 0 ? 0 : (ends[low - 1] as number)) }
}

import { uint256Bytes } from '../../src/accumulator/merkle.ts'
import type { Columns } from '../../src/execution/archive/block.ts'
import { encodeBody } from '../../src/execution/blocks/body.ts'
import { type BlockHeader, encodeHeader } from '../../src/execution/blocks/header.ts'
import { encodeReceipt, encodeReceipts, encodeSlimReceipts, type Receipt } from '../../src/execution/blocks/receipts.ts'
import type { BlockSource } from '../../src/execution/write/block-source.ts'
import { defaultHashes } from '../../src/hash/hashes.ts'
import { orderedTrieRoot } from '../../src/trie/ordered-trie.ts'

const hashes = defaultHashes()

/** What a made block has. */
export interface MadeBlock {
  readonly header?: Partial<BlockHeader>
  readonly difficulty?: bigint
  readonly totalDifficulty?: bigint
  readonly transactions?: readonly Uint8Array[]
  readonly receipts?: readonly Receipt[]
  readonly withdrawals?: readonly []
}

function headerOf({ header, transactions = [], receipts = [], difficulty = 5n, withdrawals }: MadeBlock): BlockHeader {
  const empty = new Uint8Array(32)
  const values = receipts.map((receipt) => encodeReceipt(receipt, hashes))
  const isAura = header?.aura !== undefined
  return {
    ...{ parentHash: empty, ommersHash: hashes.keccak256(Uint8Array.of(0xc0)), beneficiary: new Uint8Array(20) },
    ...{ stateRoot: empty, transactionsRoot: orderedTrieRoot(transactions, hashes) },
    ...{ receiptsRoot: orderedTrieRoot(values, hashes), logsBloom: new Uint8Array(256), difficulty, number: 0n },
    ...{ gasLimit: 30_000_000n, gasUsed: 0n, timestamp: 1n, extraData: new Uint8Array(0) },
    ...(!isAura && { mixHash: empty, nonce: new Uint8Array(8) }),
    ...(withdrawals && { baseFeePerGas: 7n, withdrawalsRoot: orderedTrieRoot([], hashes) }),
    ...header,
  }
}

/** A chain of blocks whose headers have the roots of their contents, with slim receipts if asked for. */
export function madeChain(blocks: readonly MadeBlock[], { start = 0n, slim = false } = {}): BlockSource {
  const rows: Columns<Uint8Array>[] = []
  let parentHash: Uint8Array = new Uint8Array(32)
  let total = 0n
  for (const [i, block] of blocks.entries()) {
    const { transactions = [], receipts = [], withdrawals } = block
    const header = encodeHeader({ ...headerOf(block), parentHash, number: start + BigInt(i) })
    parentHash = hashes.keccak256(header)
    total += block.difficulty ?? 5n
    rows.push({
      header,
      body: encodeBody({ transactions, uncles: [], ...(withdrawals && { withdrawals }) }),
      receipts: slim ? encodeSlimReceipts(receipts) : encodeReceipts(receipts, hashes),
      totalDifficulty: uint256Bytes(block.totalDifficulty ?? total),
    })
  }
  return { start, read: () => rows }
}

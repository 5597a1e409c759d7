import { HeaderAccumulator } from '../../accumulator/header-accumulator.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import type { Columns } from '../archive/block.ts'
import type { Column } from '../archive/layout.ts'
import { encodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { encodeProof } from '../blocks/proof.ts'
import { decodeReceipts, decodeSlimReceipts, encodeReceipts, encodeSlimReceipts } from '../blocks/receipts.ts'
import { type BlockSource, rowsOf } from './block-source.ts'

/**
 * Blocks of an `.era1` in the form of an `.ere`: receipts without blooms, and proofs that the blocks are part of their
 * accumulator.
 */
export function era1ToEre(source: BlockSource): BlockSource {
  return {
    start: source.start,
    read: async function* (columns) {
      const proofs = columns.includes('proof') ? await accumulatorProofs(source) : undefined
      const wanted = columns.filter((column) => column !== 'proof')
      for await (const content of rowsOf(source, proofs ? ['header', ...wanted] : wanted)) {
        const row: { -readonly [C in Column]?: Uint8Array } = {}
        for (const column of wanted) row[column] = content(column)
        if (row.receipts) row.receipts = encodeSlimReceipts(decodeReceipts(row.receipts))
        const proof = proofs?.next()
        if (proof && !proof.done) row.proof = encodeProof({ type: 0, ssz: proof.value })
        yield row
      }
    },
  }
}

/** Blocks of an `.era1` in the form of an `.e2hs`: headers with proofs that they are part of their accumulator. */
export function era1ToE2hs(source: BlockSource): BlockSource {
  return {
    start: source.start,
    read: async function* () {
      const proofs = await accumulatorProofs(source)
      for await (const content of rowsOf(source, ['header', 'body', 'receipts'])) {
        const proof = proofs.next()
        if (proof.done) throw new RangeError('more blocks than there are proofs')
        const header = encodeHeaderWithProof({ header: content('header'), proof: proof.value })
        yield { header, body: content('body'), receipts: content('receipts') }
      }
    },
  }
}

/** Blocks of an `.ere` in the form of an `.era1`: receipts with blooms, computed from their logs. */
export function ereToEra1(source: BlockSource): BlockSource {
  const hashes = defaultHashes()
  return {
    start: source.start,
    read: async function* (columns) {
      for await (const content of rowsOf(source, columns)) {
        const row: { -readonly [C in Column]?: Uint8Array } = {}
        for (const column of columns) row[column] = content(column)
        if (row.receipts) row.receipts = encodeReceipts(decodeSlimReceipts(row.receipts), hashes)
        yield row satisfies Columns<Uint8Array>
      }
    },
  }
}

/** Proofs of all blocks of a file before the merge, in order, from its headers and total difficulties. */
export async function accumulatorProofs(source: BlockSource): Promise<Generator<Uint8Array, void, void>> {
  const hashes = defaultHashes()
  const accumulator = new HeaderAccumulator(hashes)
  for await (const content of rowsOf(source, ['header', 'totalDifficulty'])) {
    accumulator.add(hashes.keccak256(content('header')), content('totalDifficulty'))
  }
  return accumulator.proofs()
}

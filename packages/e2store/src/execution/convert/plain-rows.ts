import { uint256Bytes } from '../../accumulator/merkle.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import type { BlockArchive } from '../archive/archive.ts'
import type { BlockPayloads, Columns } from '../archive/block.ts'
import type { Column } from '../archive/layout.ts'
import { decodeHeader, isPostMerge } from '../blocks/header.ts'
import { decodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { encodeProof, proofTypeOf } from '../blocks/proof.ts'
import { decodeReceipts, decodeSlimReceipts, encodeReceipts, encodeSlimReceipts } from '../blocks/receipts.ts'
import type { BlockSource } from '../write/block-source.ts'

/** The forms that receipts have in files. */
export type ReceiptForm = 'full' | 'slim'

const NONE = new Uint8Array(0)
/** In a proof before the merge, the first node is the total difficulty. */
const DIFFICULTY_BYTES = 32

/**
 * The blocks of an archive of any kind with the columns as an `.ere` has them: headers as RLP, proofs with their type, and
 * total difficulties, which an `.e2hs` has in its proofs. Of blocks after the merge it repeats the last one.
 *
 * @param receipts the form of receipts
 */
export function plainRows(archive: BlockArchive, receipts: ReceiptForm): BlockSource {
  return {
    start: archive.start,
    read: async function* (columns) {
      const convert = archive.kind === 'e2hs' ? fromE2hs(columns) : (row: BlockPayloads): Columns<Uint8Array> => row
      const isSlim = archive.kind === 'ere'
      for await (const row of archive.iteratePayloads({ columns: columnsToRead(archive, columns) })) {
        const plain = convert(row)
        const stated = plain.receipts
        if (stated === undefined || isSlim === (receipts === 'slim')) yield plain
        else yield { ...plain, receipts: isSlim ? withBlooms(stated) : withoutBlooms(stated) }
      }
    },
  }
}

function columnsToRead(archive: BlockArchive, columns: readonly Column[]): readonly Column[] {
  return archive.columns.filter((column) => column === 'header' || columns.includes(column))
}

function withBlooms(receipts: Uint8Array): Uint8Array {
  return encodeReceipts(decodeSlimReceipts(receipts), defaultHashes())
}

function withoutBlooms(receipts: Uint8Array): Uint8Array {
  return encodeSlimReceipts(decodeReceipts(receipts))
}

/** Takes the records of an `.e2hs`, in order, apart. */
function fromE2hs(columns: readonly Column[]): (row: BlockPayloads) => Columns<Uint8Array> {
  let total: Uint8Array = uint256Bytes(0n)
  return ({ header: content = NONE, body, receipts }) => {
    const { header, proof: ssz } = decodeHeaderWithProof(content)
    const plain = { header, body, receipts }
    if (!columns.includes('proof') && !columns.includes('totalDifficulty')) return plain
    const decoded = decodeHeader(header)
    if (!isPostMerge(decoded)) total = ssz.slice(0, DIFFICULTY_BYTES)
    return { ...plain, totalDifficulty: total, proof: encodeProof({ type: proofTypeOf(decoded), ssz }) }
  }
}

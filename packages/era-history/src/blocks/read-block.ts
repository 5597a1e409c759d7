import { ContentError, NotInFileError } from '@datastreamer/e2store'
import type { ArchiveKind, BlockHeader, BlockPayloads, Receipt } from '@datastreamer/e2store/execution'
import type { OpenFile } from '../files/file-pool.ts'
import { type FileSet, HEADER_COLUMNS } from '../files/file-set.ts'
import { checkedReceipts, type ReceiptsPayload } from './checked-receipts.ts'
import { type BlockContext, VerifiedBlock } from './verified-block.ts'

export interface BlockReader extends BlockContext {
  readonly files: FileSet
}

/**
 * Read a block from a file and verify it. Where the records of a block are consecutive its receipts are read with it,
 * elsewhere when they are asked for: then, and if they are wrong, from any file that has them.
 *
 * @throws {ContentError} the block is not what the file or its header says
 */
export async function readBlock(open: OpenFile, number: bigint, reader: BlockReader): Promise<VerifiedBlock> {
  const { archive } = open
  const { kind } = archive
  const columns = kind === 'ere' ? [...HEADER_COLUMNS, 'body' as const] : archive.columns
  const payloads = copied(await archive.payloads(number, columns))
  const { body = new Uint8Array(0), receipts: held, positions } = payloads
  const verified = await reader.files.verifier.verify(open, payloads)
  const { header } = verified
  const own = held && { bytes: held, position: positions.receipts ?? 0 }
  const loadReceipts = async (count: number): Promise<readonly Receipt[] | undefined> =>
    heldReceipts(kind, header, own, count) ?? reader.files.read(number, (other) => readReceipts(other, header, count))
  const content = { kind, body, position: positions.body ?? 0, receiptBytes: held?.length ?? 0, loadReceipts }
  return new VerifiedBlock(verified, content, reader)
}

/** Contents in memory of their own: they lie in memory that is shared with others, which a block that is kept would keep. */
function copied(payloads: BlockPayloads): BlockPayloads {
  const { number, positions, header, body, receipts, totalDifficulty, proof } = payloads
  return {
    ...{ number, positions, header: header?.slice(), body: body?.slice(), receipts: receipts?.slice() },
    ...{ totalDifficulty, proof },
  }
}

/**
 * The receipts of a block that were read with it; `undefined` if there are none, or wrong ones: then others may have them.
 *
 * @param count transactions that the block has, if its body was read
 */
export function heldReceipts(
  kind: ArchiveKind,
  header: BlockHeader,
  held: ReceiptsPayload | undefined,
  count?: number,
): Receipt[] | undefined {
  if (held === undefined) return undefined
  try {
    return checkedReceipts(kind, header, held, count)
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return undefined
  }
}

/**
 * The receipts of a block, compared with its header.
 *
 * @param count transactions that the block has, if its body was read
 * @throws {NotInFileError} the file has no receipts
 */
export async function readReceipts(
  { archive, file }: OpenFile,
  header: BlockHeader,
  count?: number,
): Promise<Receipt[]> {
  const { receipts, positions } = await archive.payloads(header.number, ['header', 'receipts'])
  if (receipts === undefined) throw new NotInFileError('NOT_IN_FILE', `${file.name} has no receipts`)
  return checkedReceipts(archive.kind, header, { bytes: receipts.slice(), position: positions.receipts ?? 0 }, count)
}

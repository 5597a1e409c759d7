import type { BlockArchive } from '@datastreamer/e2store/execution'
import type { OpenFile } from '../files/file-pool.ts'
import { type FileSet, HEADER_COLUMNS } from '../files/file-set.ts'
import type { ReceiptsPayload } from './checked-receipts.ts'
import { type BlockContext, VerifiedBlock } from './verified-block.ts'

export interface BlockReader extends BlockContext {
  readonly files: FileSet
}

/**
 * Read a block from a file and verify it. Where the records of a block are consecutive its receipts are read with it,
 * elsewhere when they are asked for.
 *
 * @throws {ContentError} the block is not what the file or its header says
 */
export async function readBlock(open: OpenFile, number: bigint, reader: BlockReader): Promise<VerifiedBlock> {
  const { archive } = open
  const isRowwise = archive.kind !== 'ere'
  const payloads = await archive.payloads(number, isRowwise ? archive.columns : [...HEADER_COLUMNS, 'body'])
  const { body = new Uint8Array(0), receipts, positions } = payloads
  const held = receipts && { bytes: receipts, position: positions.receipts ?? 0 }
  const verified = await reader.files.verifier.verify(open, payloads)
  const content = {
    ...{ kind: archive.kind, body, position: positions.body ?? 0, receiptBytes: receipts?.length ?? 0 },
    loadReceipts: async () => held ?? (isRowwise ? undefined : loadReceipts(archive, open, number, reader)),
  }
  return new VerifiedBlock(verified, content, reader)
}

async function loadReceipts(
  { columns }: BlockArchive,
  { file }: OpenFile,
  number: bigint,
  { files }: BlockReader,
): Promise<ReceiptsPayload | undefined> {
  if (!columns.includes('receipts')) return undefined
  return files.pool.use(file, async ({ archive }) => {
    const { receipts, positions } = await archive.payloads(number, ['header', 'receipts'])
    return receipts && { bytes: receipts, position: positions.receipts ?? 0 }
  })
}

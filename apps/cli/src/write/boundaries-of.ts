import { decodeHeaderPage, type Entry, FormatError, HEADER_PAGE_BYTES, PacketReader } from '@datastreamer/format'
import { detectGeneration, OperationBoundaries } from '@datastreamer/sequencer-entries'
import { nodeDisk } from '@datastreamer/store'
import { baseOfFile } from '@datastreamer/store/check'

/** Bytes at the beginning of the entries in which the first bookmark is looked for. */
const LOOK_BYTES = 64 * 1024

/**
 * Where L2 blocks and batches of a file end, operations may; `undefined` if its header does not say how entries are
 * encoded. The file may be damaged.
 */
export async function boundariesOf(file: string): Promise<OperationBoundaries | undefined> {
  const { totalLength: start } = await baseOfFile(file)
  const page = await bytesAt(file, 0, HEADER_PAGE_BYTES)
  const entries = await bytesAt(file, start, LOOK_BYTES)
  try {
    return new OperationBoundaries(await detectGeneration(decodeHeaderPage(page), wholeEntries(entries)))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

async function bytesAt(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await nodeDisk.open(path, 'read')
  try {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, await file.read(bytes, position))
  } finally {
    await file.close()
  }
}

/** The entries that bytes begin with, up to where there is none that is whole. */
function* wholeEntries(bytes: Uint8Array): Generator<Entry, void, void> {
  const reader = new PacketReader()
  reader.push(bytes)
  try {
    for (let packet = reader.read(); packet?.packet === 'entry'; packet = reader.read()) yield packet.entry
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
}

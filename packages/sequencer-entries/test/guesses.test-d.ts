// What people write from memory: it only has to compile, and tsc says whether it does.

import { type Entry, readEntries } from '@datastreamer/format'
import {
  assembleBatches,
  assembleBlocks,
  BlockAssembler,
  batchBookmark,
  blockBookmark,
  blockToJson,
  checkSequence,
  decodeBookmark,
  decodeSequencerEntry,
  detectGeneration,
  dumpBatch,
  encodeSequencerEntry,
  generateStream,
} from '@datastreamer/sequencer-entries'

export async function blocksOfAFile(file: Uint8Array): Promise<string[]> {
  const lines: string[] = []
  for await (const block of assembleBlocks(readEntries(file))) lines.push(JSON.stringify(blockToJson(block)))
  for await (const { number, blocks } of assembleBatches(readEntries(file))) lines.push(`${number} ${blocks.length}`)
  for await (const { code } of checkSequence(readEntries(file), { generation: 'etrog' })) lines.push(code)
  const dump = await dumpBatch(readEntries(file), 5n)
  lines.push(dump?.batchData ?? '', await detectGeneration(await readEntries(file).header, readEntries(file)))
  return lines
}

export function hashOf(entry: Entry): Uint8Array | undefined {
  const decoded = decodeSequencerEntry(entry)
  const block = new BlockAssembler().push(entry)
  return decoded.kind === 'l2Block' ? decoded.hash : block?.hash
}

export function write(): Uint8Array[] {
  const { type, data } = encodeSequencerEntry({ kind: 'l2BlockEnd', number: 5n })
  const made = [...generateStream({ blocks: 3n })].flat()
  return [
    Uint8Array.of(type),
    data,
    blockBookmark(5n),
    batchBookmark(5),
    blockBookmark(decodeBookmark(data).value),
    ...made.map((one) => one.data),
  ]
}

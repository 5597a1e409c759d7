import { decodeEntry, type Entry, viewOf } from '@datastreamer/format'
import { BlockAssembler, decodeSequencerEntry, entryKind, type FullL2Block } from '@datastreamer/sequencer-entries'
import { type ArchiveFile, type EntryRun, eachEntry, entriesOf } from './archive-file.ts'
import { ArchiveError } from './errors.ts'

/** All L2 blocks of an archive, in runs. @throws {ArchiveError} @throws {StreamError} */
export async function* archiveBlocks(file: ArchiveFile): AsyncGenerator<readonly FullL2Block[], void, void> {
  const { encoding } = file.header
  if (encoding === undefined) return
  const assembler = new BlockAssembler({ generation: encoding })
  for await (const record of file.records('read')) {
    const blocks = decoded(entriesOf(record, 'read')).map((entry) => assembler.push(entry))
    yield blocks.filter((block) => block !== undefined)
  }
  const last = assembler.end()
  if (last !== undefined) yield [last]
}

/**
 * One L2 block of an archive, `undefined` if it is not in it. Reads the record that the index names, and others only if
 * the block goes on in them or its batch began in them.
 *
 * @throws {ArchiveError} @throws {StreamError}
 * @see docs/spec/archive.md §2.4
 */
export async function archiveBlock(file: ArchiveFile, number: bigint): Promise<FullL2Block | undefined> {
  const { encoding } = file.header
  const { first, targets } = file.blocks
  const row = number - first
  const target = row >= 0n && row < BigInt(targets.length) ? targets[Number(row)] : undefined
  if (target === undefined || encoding === undefined) return undefined
  const assembler = new BlockAssembler({ generation: encoding })
  for await (const record of file.records('read', target)) {
    for (const entry of decoded(entriesOf(record, 'read'))) {
      const block = assembler.push(entry)
      if (block?.number === number) return withFork(file, block, Number(row))
    }
  }
  const last = assembler.end()
  if (last?.number === number) return withFork(file, last, Number(row))
  throw new ArchiveError('BAD_INDEX', `block ${number} is not where the index says`, target, 'read')
}

/** A block whose batch began in a record before its own gets the fork id from there. */
async function withFork(file: ArchiveFile, block: FullL2Block, row: number): Promise<FullL2Block> {
  if (block.forkId !== undefined || file.header.encoding !== 'protobuf') return block
  const { targets } = file.blocks
  for (let before = row - 1, seen = targets[row]; before >= 0; before--) {
    const target = targets[before]
    if (target === seen || target === undefined) continue
    seen = target
    for await (const record of file.records('read', target)) {
      const forkId = forkOf(entriesOf(record, 'read'), block.batchNumber)
      if (forkId !== undefined) return { ...block, forkId }
      break
    }
  }
  return block
}

function forkOf(run: EntryRun, batch: bigint): bigint | undefined {
  for (const entry of decoded(run)) {
    if (entryKind(entry.type, 'protobuf') !== 'batchStart') continue
    const start = decodeSequencerEntry(entry, 'protobuf')
    if (start.kind === 'batchStart' && start.number === batch) return start.forkId
  }
  return undefined
}

function decoded(run: EntryRun): Entry[] {
  const entries: Entry[] = []
  eachEntry(run, (bytes) => {
    const entry = decodeEntry(viewOf(bytes))
    if (entry !== undefined) entries.push(entry)
  })
  return entries
}

import { join } from 'node:path'
import { blockHead } from '../era/beacon-layout.ts'
import { type EraFile, firstSlot, openEra } from '../era/era-file.ts'
import { eraRoot } from '../era/roots.ts'
import { headerRlpOf } from '../execution/archive/block.ts'
import { decodeHeader } from '../execution/blocks/header.ts'
import { parseHistoryFileName } from '../folder/file-name.ts'
import type { FoundBlock, HeldBlocks, HeldEras, HeldFile } from '../folder/held-file.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { openFile } from '../node/file-source.ts'
import { executionNetwork } from '../trusted/execution-network.ts'
import { openArchive } from './check-content.ts'
import type { HistoryName } from './history-name.ts'

const ROOT_BYTES = 32

/**
 * What a file of a folder holds, for the check of the folder: its ends, and blocks that are public knowledge. It was
 * verified before; only these are read.
 *
 * @throws {E2FormatError}
 */
export async function heldFile(folder: string, history: HistoryName): Promise<HeldFile> {
  const { name, kind, network } = history
  await using source = await openFile(join(folder, name))
  const content =
    kind === 'era'
      ? await erasIn(await openEra(source))
      : await blocksIn(await openArchive(source, history, {}), network)
  return { name, parsed: parseHistoryFileName(name), content }
}

/** How many blocks are before the merge: those that have a difficulty come first. @param headerOf the RLP of a header */
async function countBeforeMerge(
  { start, count }: Pick<HeldBlocks, 'start' | 'count'>,
  headerOf: (number: bigint) => Promise<Uint8Array>,
): Promise<number> {
  let [low, high] = [0, count]
  while (low < high) {
    // The last one first: most files are on one side.
    const middle = high === count ? high - 1 : Math.floor((low + high) / 2)
    if (decodeHeader(await headerOf(start + BigInt(middle))).difficulty > 0n) low = middle + 1
    else high = middle
  }
  return low
}

async function blocksIn(archive: Awaited<ReturnType<typeof openArchive>>, network: string): Promise<HeldBlocks> {
  const { kind, start, count, columns } = archive
  const last = start + BigInt(count) - 1n
  const headerOf = async (number: bigint): Promise<Uint8Array> => {
    const { header = new Uint8Array(0) } = await archive.payloads(number, ['header'])
    return headerRlpOf(kind, header)
  }
  const hashOf = async (number: bigint): Promise<Uint8Array> => defaultHashes().keccak256(await headerOf(number))
  const found: FoundBlock[] = []
  for (const { number } of executionNetwork(network)?.knownBlocks ?? []) {
    if (number >= start && number <= last) found.push({ number, hash: await hashOf(number) })
  }
  const preMergeBlocks = await countBeforeMerge({ start, count }, headerOf)
  const held = { chain: 'execution', kind, start, count, preMergeBlocks, columns, found, trusted: false } as const
  const lastHash = await hashOf(last)
  if (start === 0n) return { ...held, lastHash }
  return { ...held, lastHash, previousHash: decodeHeader(await headerOf(start)).parentHash }
}

async function erasIn(era: EraFile): Promise<HeldEras> {
  const eraRoots: Uint8Array[] = []
  let previousBlockRoot: Uint8Array | undefined
  let lastBlockRoot: Uint8Array | undefined
  for (const [i, group] of era.groups.entries()) {
    const head = await era.stateHead(group)
    eraRoots.push(eraRoot(group.era, head))
    if (group.slotsPerEra === 0) continue
    if (i === 0) previousBlockRoot = await parentOf(era, group, head.blockRoots.slice(0, ROOT_BYTES))
    lastBlockRoot = head.blockRoots.slice(ROOT_BYTES * (group.slotsPerEra - 1), ROOT_BYTES * group.slotsPerEra)
  }
  return {
    ...{ chain: 'beacon', eras: era.groups.map((group) => group.era), eraRoots },
    ...(previousBlockRoot && { previousBlockRoot }),
    ...(lastBlockRoot && { lastBlockRoot }),
  }
}

/** The root of the last block before a group; none before slot 0. @param firstRoot the root that its first slot has */
async function parentOf(
  era: EraFile,
  group: EraFile['groups'][number],
  firstRoot: Uint8Array,
): Promise<Uint8Array | undefined> {
  const first = firstSlot(group)
  if (first === 0n) return undefined
  for await (const { slot, ssz, position } of era.blocks(group)) {
    // A slot without a block repeats the root of the block before it.
    return slot === first ? blockHead(ssz, { position, step: 'read' }).parentRoot : firstRoot
  }
  return firstRoot
}

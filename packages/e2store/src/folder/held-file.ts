import type { EraReport } from '../era/verify-era.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import { headerRlpOf } from '../execution/archive/block.ts'
import { decodeHeader } from '../execution/blocks/header.ts'
import type { ExecutionReport } from '../execution/verify/verify.ts'
import { defaultHashes } from '../hash/hashes.ts'
import type { HistoryFileName } from './file-name.ts'

/** A file of a folder: what its name says, and what verifying its content showed. */
export interface HeldFile {
  /** As it is to be named in findings. */
  readonly name: string
  readonly parsed: HistoryFileName | undefined
  /** `undefined` if it could not be verified: then only its name counts. */
  readonly content: HeldBlocks | HeldEras | undefined
  /** The network that its content is of, if that shows it; otherwise the one in its name is taken. */
  readonly network?: string
}

/** A block that a file has, or has as a parent. */
export interface FoundBlock {
  readonly number: bigint
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** Blocks of an execution chain that a file was found to hold. */
export interface HeldBlocks {
  readonly chain: 'execution'
  readonly kind: BlockArchive['kind']
  readonly start: bigint
  readonly count: number
  /** How many of them are before the merge. */
  readonly preMergeBlocks: number
  /** Hash of the block before the first one, 32 bytes; absent before block 0. */
  readonly previousHash?: Uint8Array
  /** Hash of the last block, 32 bytes. */
  readonly lastHash: Uint8Array
  /** The records that each block has. */
  readonly columns: readonly string[]
  /** Blocks that were looked for in it. */
  readonly found: readonly FoundBlock[]
  /** Whether its blocks were compared with trusted roots. */
  readonly trusted: boolean
}

/** Eras of a beacon chain that a file was found to hold. */
export interface HeldEras {
  readonly chain: 'beacon'
  readonly eras: readonly bigint[]
  /** The root of each of {@link eras}, 32 bytes. */
  readonly eraRoots: readonly Uint8Array[]
  /** Root of the last block before the first era. */
  readonly previousBlockRoot?: Uint8Array
  readonly lastBlockRoot?: Uint8Array
  /** Root of the last state before the first era, if the file was verified fully. */
  readonly previousStateRoot?: Uint8Array
  /** Root of the last state, if the file was verified fully. */
  readonly stateRoot?: Uint8Array
  /** SHA-256 of the whole file, to tell equal files from those of equal blocks, if it was computed. */
  readonly sha256?: string
}

/**
 * What was found in an archive of blocks that was verified. Reads its first header, and those of the blocks of the numbers
 * that are looked for.
 *
 * @throws {E2FormatError}
 */
export async function heldBlocks(
  archive: BlockArchive,
  report: ExecutionReport,
  numbers: readonly bigint[] = [],
): Promise<HeldBlocks> {
  const { kind, start, count, columns } = archive
  const { lastHash, preMergeBlocks, trusted } = report
  const found: FoundBlock[] = []
  for (const number of numbers) {
    if (number < start || number >= start + BigInt(count)) continue
    found.push({ number, hash: defaultHashes().keccak256((await headerOf(archive, number)).rlp) })
  }
  const held = { chain: 'execution', kind, start, count, preMergeBlocks, lastHash, columns, found, trusted } as const
  if (start === 0n) return held
  const { rlp, position } = await headerOf(archive, start)
  return { ...held, previousHash: decodeHeader(rlp, { what: 'header', position }).parentHash }
}

async function headerOf(
  archive: BlockArchive,
  number: bigint,
): Promise<{ readonly rlp: Uint8Array; readonly position: number }> {
  const { header = new Uint8Array(0), positions } = await archive.payloads(number, ['header'])
  const position = positions.header ?? 0
  return { rlp: headerRlpOf(archive.kind, header, position), position }
}

/** What was found in an `.era` that was verified, fully or not. */
export function heldEras(
  report: EraReport & { readonly stateRoot?: Uint8Array; readonly previousStateRoot?: Uint8Array },
  sha256?: string,
): HeldEras {
  const { eras, eraRoots, previousBlockRoot, lastBlockRoot, previousStateRoot, stateRoot } = report
  return {
    ...{ chain: 'beacon', eras, eraRoots },
    ...(previousBlockRoot && { previousBlockRoot }),
    ...(lastBlockRoot && { lastBlockRoot }),
    ...(previousStateRoot && { previousStateRoot }),
    ...(stateRoot && { stateRoot }),
    ...(sha256 !== undefined && { sha256 }),
  }
}

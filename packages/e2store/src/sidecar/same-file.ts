import type { BlockArchive } from '../execution/archive/archive.ts'
import { headerRlpOf } from '../execution/archive/block.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { equalBytes } from '../io/bytes.ts'
import { StaleSidecarError } from './errors.ts'
import type { SidecarIdentity } from './header.ts'

/** The hash of the last block of an archive, which is read. */
export async function lastHashOf(archive: BlockArchive): Promise<Uint8Array> {
  const { kind, start, count } = archive
  const { header = new Uint8Array(0) } = await archive.payloads(start + BigInt(count) - 1n, ['header'])
  return defaultHashes().keccak256(headerRlpOf(kind, header))
}

/**
 * Throw unless a sidecar is of this data file, by all that shows without reading much of it: kind, blocks, size,
 * and the accumulator or else the hash of the last block.
 *
 * @throws {StaleSidecarError}
 */
export async function checkIdentity(identity: SidecarIdentity, archive: BlockArchive): Promise<void> {
  const { kind, start, count, size } = identity
  const differs = (what: string, found: unknown, expected: unknown): void => {
    if (found === expected) return
    throw new StaleSidecarError(
      'STALE_SIDECAR',
      `sidecar of a file of ${what} ${found}, the data file's is ${expected}`,
    )
  }
  differs('kind', kind, archive.kind)
  differs('first block', start, archive.start)
  differs('block count', count, archive.count)
  differs('size', size, archive.source.size)
  const { accumulator } = archive
  const same =
    accumulator === undefined
      ? identity.accumulator === undefined && equalBytes(identity.lastHash, await lastHashOf(archive))
      : identity.accumulator !== undefined && equalBytes(identity.accumulator, accumulator)
  if (!same) throw new StaleSidecarError('STALE_SIDECAR', 'sidecar of a file with other blocks than the data file')
}

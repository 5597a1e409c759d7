import { VerificationError } from '../../errors.ts'
import { defaultHashes, type Hashes } from '../../hash/hashes.ts'
import {
  type ArchiveProfile,
  type ExecutionArchiveName,
  formatExecutionArchiveName,
  nameId,
  parseExecutionArchiveName,
} from '../names.ts'
import type { BlockArchive } from './archive.ts'
import { headerRlpOf } from './block.ts'
import { MAX_BLOCKS } from './layout.ts'

/** A file's name without the network, which its content does not show. */
export type ArchiveIdentity = Omit<ExecutionArchiveName, 'network'>

/**
 * The name that fits the content of a file: its era, and its accumulator or the hash of its last block, which is read.
 *
 * @see docs/spec/e2store-execution.md §9
 */
export async function archiveIdentity(
  archive: BlockArchive,
  { keccak256 }: Hashes = defaultHashes(),
): Promise<ArchiveIdentity> {
  const { kind, start, count, columns, accumulator } = archive
  const era = Number(start / BigInt(MAX_BLOCKS))
  const missing = { noproofs: !columns.includes('proof'), noreceipts: !columns.includes('receipts') }
  const profile: ArchiveProfile[] = []
  if (kind === 'ere' && missing.noproofs) profile.push('noproofs')
  if (kind === 'ere' && missing.noreceipts) profile.push('noreceipts')
  if (kind === 'era1' && accumulator !== undefined) return { kind, era, id: nameId(accumulator), profile }
  const { header = new Uint8Array(0) } = await archive.payloads(start + BigInt(count) - 1n, ['header'])
  return { kind, era, id: nameId(keccak256(headerRlpOf(kind, header))), profile }
}

/** The name that fits the content of a file, for a network that the caller knows. */
export async function executionArchiveNameOf(archive: BlockArchive, network: string, hashes?: Hashes): Promise<string> {
  return formatExecutionArchiveName({ ...(await archiveIdentity(archive, hashes)), network })
}

/**
 * Compare an untrusted name with the content.
 *
 * @throws {VerificationError} `WRONG_NAME`
 */
export function checkExecutionArchiveName(name: string, identity: ArchiveIdentity): void {
  const parsed = parseExecutionArchiveName(name)
  if (parsed === undefined) throw new VerificationError('WRONG_NAME', `not the name of an archive: ${quote(name)}`, 0)
  const expected = formatExecutionArchiveName({ ...identity, network: parsed.network })
  if (formatExecutionArchiveName(parsed) === expected) return
  throw new VerificationError('WRONG_NAME', `file is named ${quote(name)}, its content is that of ${expected}`, 0)
}

/** An untrusted name in a message: no control characters, not too long. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 120))
}

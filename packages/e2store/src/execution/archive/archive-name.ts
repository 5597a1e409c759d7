import { VerificationError } from '../../errors.ts'
import { defaultHashes, type Hashes } from '../../hash/hashes.ts'
import {
  type ArchiveProfile,
  archiveNameReadings,
  type ExecutionArchiveName,
  formatExecutionArchiveName,
  nameId,
} from '../names.ts'
import type { BlockArchive } from './archive.ts'
import { headerRlpOf } from './block.ts'
import type { Deviation, DeviationCode } from './deviation.ts'
import { MAX_BLOCKS } from './layout.ts'

/** A file's name without the network, which its content does not show. */
export type ArchiveIdentity = Omit<ExecutionArchiveName, 'network' | 'count'>

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
 * Compare an untrusted name with the content. Other profiles than the content has, a hash of zeros, and a number of eras
 * are deviations: names that published files have.
 *
 * @returns the deviations of the name
 * @throws {VerificationError} `WRONG_NAME`
 * @see docs/spec/e2store-execution.md §9
 */
export function checkExecutionArchiveName(name: string, identity: ArchiveIdentity): readonly Deviation[] {
  const readings = archiveNameReadings(name)
  const [parsed] = readings
  if (parsed === undefined) throw new VerificationError('WRONG_NAME', `not the name of an archive: ${quote(name)}`, 0)
  const { kind, era, id } = identity
  const found = readings.find(
    (each) => each.kind === kind && each.era === era && (each.id === id || each.id === NO_HASH),
  )
  const expected = formatExecutionArchiveName({ ...identity, network: (found ?? parsed).network })
  if (found !== undefined) return nameDeviations(found, identity, expected)
  throw new VerificationError('WRONG_NAME', `file is named ${quote(name)}, its content is that of ${expected}`, 0)
}

/** What writers put into a name that do not know the hash. */
const NO_HASH = '00000000'

function nameDeviations(
  { id, count, profile }: ExecutionArchiveName,
  identity: ArchiveIdentity,
  expected: string,
): readonly Deviation[] {
  const deviations: Deviation[] = []
  const add = (code: DeviationCode, what: string): void => {
    deviations.push({ code, message: `${what}: by its content the file is ${expected}`, position: 0 })
  }
  const words = profile.length === 0 ? 'name without profile' : `name with profile ${profile.join('-')}`
  if (profile.join() !== identity.profile.join()) add('NAME_PROFILE', words)
  if (id !== identity.id) add('NAME_HASH', 'name without hash')
  if (count !== undefined) add('NAME_COUNT', `name with a number of eras, ${count}`)
  return deviations
}

/** An untrusted name in a message: no control characters, not too long. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 120))
}

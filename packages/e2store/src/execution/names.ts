import { toHex } from '../io/bytes.ts'
import { checkNamePart, isNamePart } from '../io/name-part.ts'

/** The parts of the name of a block archive. A name is untrusted: compare it with the content. */
export interface ExecutionArchiveName {
  readonly kind: 'era1' | 'ere' | 'e2hs'
  /** Network or config. */
  readonly network: string
  /** Number of the file: first block / 8192. */
  readonly era: number
  /** First 4 bytes, as 8 hex digits, of the accumulator (`.era1`) or of the last block's hash. */
  readonly id: string
  /** What the file omits; only `.ere`. */
  readonly profile: readonly ArchiveProfile[]
  /** Number of eras in the file, which one writer puts after that of the first. */
  readonly count?: number
}

export type ArchiveProfile = (typeof PROFILES)[number]

/** In the order of a name. */
const PROFILES = ['noproofs', 'noreceipts'] as const

/** The parts of the name of a state snapshot; as untrusted as {@link ExecutionArchiveName}. */
export interface SnapshotName {
  readonly network: string
  readonly block: bigint
  /** First 4 bytes, as 8 hex digits, of the state's root. */
  readonly id: string
}

const ARCHIVE = /^(.+)-(\d{5,10})-([0-9a-f]{8})((?:-noproofs)?(?:-noreceipts)?)\.(era1|ere|erae|e2hs)$/
/** A network and an era, as they stand before a number of eras. */
const COUNTED = /^(.+)-(\d{5}|[1-9]\d{5,9})$/
const SNAPSHOT = /^(.+)-(\d{1,20})-([0-9a-f]{8})\.e2ss$/
/** File systems allow no longer names. */
const MAX_NAME = 255

/**
 * Parse the name of a `.era1`, `.ere` (`.erae`) or `.e2hs` file without its folder; `undefined` for any other name.
 *
 * @see docs/spec/e2store-execution.md §9
 */
export function parseExecutionArchiveName(name: string): ExecutionArchiveName | undefined {
  return archiveNameReadings(name)[0]
}

/**
 * All that a name can mean, the likeliest first: none, one, or two. The network may end in a number, and one writer puts a
 * number of eras after the era.
 */
export function archiveNameReadings(name: string): readonly ExecutionArchiveName[] {
  const match = name.length <= MAX_NAME ? ARCHIVE.exec(name) : null
  if (match === null) return []
  const [, network = '', era = '', id = '', profile = '', extension = ''] = match
  const kind = extension === 'era1' || extension === 'e2hs' ? extension : 'ere'
  if (!isNamePart(network) || (profile !== '' && kind !== 'ere')) return []
  const profiles = profile.split('-').filter(isProfile)
  const plain: ExecutionArchiveName = { kind, network, era: Number(era), id, profile: profiles }
  const [, shorter, first] = COUNTED.exec(network) ?? []
  if (shorter === undefined || era.length !== 5 || plain.era === 0) return [plain]
  return [{ ...plain, network: shorter, era: Number(first), count: plain.era }, plain]
}

/** The name of a file; throws `RangeError` for a network with slashes or control characters. */
export function formatExecutionArchiveName(name: ExecutionArchiveName): string {
  const { kind, network, era, id, profile, count } = name
  const parts = [
    checkNamePart(network),
    String(era).padStart(5, '0'),
    ...(count === undefined ? [] : [String(count).padStart(5, '0')]),
    id,
    ...PROFILES.filter((part) => profile.includes(part)),
  ]
  return `${parts.join('-')}.${kind}`
}

/** Parse the name of an `.e2ss` file without its folder; `undefined` for any other name. */
export function parseSnapshotName(name: string): SnapshotName | undefined {
  const match = name.length <= MAX_NAME ? SNAPSHOT.exec(name) : null
  if (match === null) return undefined
  const [, network = '', block = '', id = ''] = match
  if (!isNamePart(network)) return undefined
  return { network, block: BigInt(block), id }
}

/** The name of a snapshot, with the block's number padded to ten digits. Throws as {@link formatExecutionArchiveName}. */
export function formatSnapshotName({ network, block, id }: SnapshotName): string {
  return `${checkNamePart(network)}-${String(block).padStart(10, '0')}-${id}.e2ss`
}

/** The first four bytes of a root or hash, as in a name. */
export function nameId(root: Uint8Array): string {
  return toHex(root.subarray(0, 4))
}

function isProfile(word: string): word is ArchiveProfile {
  return PROFILES.some((profile) => profile === word)
}

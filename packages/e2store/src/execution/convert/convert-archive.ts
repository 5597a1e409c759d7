import { E2StoreError } from '../../errors.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import type { ByteSink } from '../../io/byte-sink.ts'
import type { BlockArchive } from '../archive/archive.ts'
import type { ArchiveIdentity } from '../archive/archive-name.ts'
import { headerRlpOf } from '../archive/block.ts'
import { type ArchiveKind, type Column, MAX_BLOCKS } from '../archive/layout.ts'
import { isPostMerge } from '../blocks/header.ts'
import { encodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { decodeProof, encodeProof } from '../blocks/proof.ts'
import { writeE2hs } from '../e2hs/write.ts'
import { writeEra1 } from '../era1/write.ts'
import { writeEre } from '../ere/write.ts'
import { type ArchiveProfile, nameId } from '../names.ts'
import { type BlockSource, rowsOf } from '../write/block-source.ts'
import type { WriteOptions, WrittenArchive } from '../write/column-writer.ts'
import { accumulatorProofs } from '../write/convert.ts'
import { plainRows } from './plain-rows.ts'

/** A file does not have what another kind of file needs, and it cannot be made of what it has. */
export class ConversionError extends E2StoreError<'CANNOT_CONVERT'> {
  override readonly name: string = 'ConversionError'
}

export interface ConvertArchiveOptions extends WriteOptions {
  /** Of an `.ere`: what to omit (default: what the file omits, except proofs that can be made). */
  readonly profile?: readonly ArchiveProfile[] | undefined
  /** Of an `.e2hs`: number of blocks that it must have (default 8192). */
  readonly blocks?: number | undefined
}

/**
 * Write the blocks of an archive as a file of any kind. Proofs before the merge are made from headers and total
 * difficulties; blooms from logs; total difficulties are taken out of such proofs. Everything is compressed anew.
 *
 * @throws {ConversionError} the archive lacks what the kind needs
 * @throws {RangeError} blocks that do not follow each other, or for an `.e2hs` are not 8192
 * @throws {E2FormatError} @throws {VerificationError} as reading the archive
 * @see docs/spec/e2store-execution.md §8
 */
export async function convertArchive(
  archive: BlockArchive,
  to: ArchiveKind,
  sink: ByteSink,
  options: ConvertArchiveOptions = {},
): Promise<WrittenArchive> {
  const has = await contentOf(archive)
  const write = options.codec ? { codec: options.codec } : {}
  if (to === 'era1') {
    if (has.postMerge) throw cannot(archive, to, 'has blocks after the merge')
    requireAll(archive, to, { receipts: has.receipts, 'total difficulties': has.difficulties })
    return writeEra1(sink, plainRows(archive, 'full'), write)
  }
  if (to === 'e2hs') {
    requireAll(archive, to, { receipts: has.receipts, proofs: has.proofs || has.canProve })
    const source = withProofs(plainRows(archive, 'full'), has)
    return writeE2hs(sink, joined(source), {
      ...write,
      ...(options.blocks !== undefined && { blocks: options.blocks }),
    })
  }
  const profile = options.profile ?? defaultProfile(has)
  const columns: Exclude<Column, 'header' | 'body'>[] = []
  if (!profile.includes('noreceipts')) {
    requireAll(archive, to, { receipts: has.receipts })
    columns.push('receipts')
  }
  if (!profile.includes('noproofs')) {
    requireAll(archive, to, { proofs: has.proofs || has.canProve })
    columns.push('proof')
  }
  // They belong to blocks before the merge; an `.e2hs` after it repeats one that it does not know.
  if (has.difficulties && (archive.kind !== 'e2hs' || has.preMerge)) columns.push('totalDifficulty')
  return writeEre(sink, withProofs(plainRows(archive, 'slim'), has), { ...write, columns })
}

/** What the name of the converted file will have, if the archive shows it without being read. */
export async function identityAfter(
  archive: BlockArchive,
  to: ArchiveKind,
  { profile }: ConvertArchiveOptions = {},
): Promise<ArchiveIdentity | undefined> {
  const { kind, accumulator, start, count } = archive
  const era = Number(start / BigInt(MAX_BLOCKS))
  if (to === 'era1') return accumulator && { kind: to, era, id: nameId(accumulator), profile: [] }
  const { header = new Uint8Array(0) } = await archive.payloads(start + BigInt(count) - 1n, ['header'])
  const id = nameId(defaultHashes().keccak256(headerRlpOf(kind, header)))
  return { kind: to, era, id, profile: to === 'e2hs' ? [] : (profile ?? defaultProfile(await contentOf(archive))) }
}

/** What an archive has. */
interface Content {
  readonly receipts: boolean
  readonly proofs: boolean
  readonly difficulties: boolean
  readonly preMerge: boolean
  readonly postMerge: boolean
  /** Whether proofs can be made: of blocks before the merge only. */
  readonly canProve: boolean
}

async function contentOf(archive: BlockArchive): Promise<Content> {
  const { kind, columns, start, count } = archive
  const isMerged = async (number: bigint): Promise<boolean> => isPostMerge((await archive.block(number)).header)
  const postMerge = await isMerged(start + BigInt(count) - 1n)
  const preMerge = !(await isMerged(start))
  const difficulties = kind === 'e2hs' ? preMerge : columns.includes('totalDifficulty')
  return {
    receipts: columns.includes('receipts'),
    proofs: kind === 'e2hs' || columns.includes('proof'),
    ...{ difficulties, preMerge, postMerge, canProve: difficulties && !postMerge },
  }
}

function defaultProfile({ receipts, proofs, canProve }: Content): ArchiveProfile[] {
  return [...(proofs || canProve ? [] : (['noproofs'] as const)), ...(receipts ? [] : (['noreceipts'] as const))]
}

function requireAll(archive: BlockArchive, to: ArchiveKind, parts: Readonly<Record<string, boolean>>): void {
  for (const [what, isThere] of Object.entries(parts)) {
    if (!isThere) throw cannot(archive, to, `has no ${what}, and they cannot be made of what it has`)
  }
}

function cannot({ kind }: BlockArchive, to: ArchiveKind, why: string): ConversionError {
  return new ConversionError('CANNOT_CONVERT', `the .${kind} cannot become an .${to}: it ${why}`)
}

/** The same blocks with proofs, which are made if there are none. */
function withProofs(source: BlockSource, { proofs }: Content): BlockSource {
  if (proofs) return source
  return {
    start: source.start,
    read: async function* (columns) {
      const others = columns.filter((column) => column !== 'proof')
      const made = columns.includes('proof') ? await accumulatorProofs(source) : undefined
      for await (const row of source.read(['header', ...others])) {
        const proof = made?.next()
        yield proof === undefined || proof.done === true
          ? row
          : { ...row, proof: encodeProof({ type: 0, ssz: proof.value }) }
      }
    },
  }
}

/** Headers with their proofs in one record, as an `.e2hs` has them. */
function joined(source: BlockSource): BlockSource {
  return {
    start: source.start,
    read: async function* () {
      for await (const content of rowsOf(source, ['header', 'body', 'receipts', 'proof'])) {
        const proof = decodeProof(content('proof')).ssz
        const header = encodeHeaderWithProof({ header: content('header'), proof })
        yield { header, body: content('body'), receipts: content('receipts') }
      }
    },
  }
}

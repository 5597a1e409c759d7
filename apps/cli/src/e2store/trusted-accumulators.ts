import type { BlockArchive, ChecksumList } from '@datastreamer/e2store/execution'
import { accumulatorsRoot, type ExecutionNetwork, executionNetwork } from '@datastreamer/e2store/trusted'
import { NotVerifiedError } from './errors.ts'

/** A list of accumulators that the caller trusts, one for each file before the merge. */
export class TrustedAccumulators {
  readonly #named: ReadonlyMap<string, string>
  readonly #byNumber: readonly string[]
  readonly #all: ReadonlySet<string>
  /** What the list is known to be: it has the root that was published for a network. */
  readonly known: string | undefined

  constructor({ entries, badLines }: ChecksumList) {
    this.#named = new Map(entries.flatMap(({ name, sha256 }) => (name === undefined ? [] : [[name, sha256] as const])))
    const inOrder = badLines.length === 0 && this.#named.size === 0
    this.#byNumber = inOrder ? entries.map(({ sha256 }) => sha256) : []
    this.#all = new Set(entries.flatMap(({ name, sha256 }) => (name === undefined ? [sha256] : [])))
    this.known = knownList(this.#byNumber)
  }

  /**
   * The accumulator that an archive must have.
   *
   * @throws {NotVerifiedError} `NOT_LISTED`: the list has none for an `.era1`
   */
  of(archive: BlockArchive, name: string): Uint8Array | undefined {
    const { accumulator, start, kind } = archive
    const stated = accumulator && Buffer.from(accumulator).toString('hex')
    const inList = stated !== undefined && this.#all.has(stated) ? stated : undefined
    const listed = this.#named.get(name) ?? inList ?? this.#byNumber[Number(start / 8192n)]
    if (listed !== undefined) return Uint8Array.from(Buffer.from(listed, 'hex'))
    if (kind !== 'era1') return undefined
    throw new NotVerifiedError('NOT_LISTED', 'the list has no accumulator for it')
  }
}

/** A list that is whole can be recognized by the root over all of it. */
function knownList(accumulators: readonly string[]): string | undefined {
  const mainnet = executionNetwork('mainnet')
  if (mainnet === undefined || !isListOf(mainnet, accumulators)) return undefined
  return `the accumulators of ${mainnet.name}, as the root over them shows that was published`
}

function isListOf({ accumulators: count, accumulatorsRoot: root }: ExecutionNetwork, list: readonly string[]): boolean {
  if (root === undefined || list.length !== count) return false
  return Buffer.compare(accumulatorsRoot(Uint8Array.from(Buffer.from(list.join(''), 'hex'))), root) === 0
}

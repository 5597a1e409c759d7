import { LeafChain, sameEntries } from '../leaf/check-follows.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { Leaf } from '../leaf/leaf.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import type { SealedLog } from './sealed-log.ts'

/** Leaves that another publisher signed for, and what the stream has to be for them to be adopted. */
export interface Adoption {
  readonly leaves: readonly Uint8Array[]
  readonly identity: IdentityFields
  /** A point of the stream, and those that its entries have to lead to. */
  readonly start: StreamPoint
  readonly points: readonly StreamPoint[]
}

/**
 * What adopting leaves needs, or why they cannot be adopted. They begin with those that the log signed for.
 *
 * All segments that are new are compared with the stream, and without a state the last one: then the log is as true as
 * its key.
 */
export function adoptionOf(log: SealedLog, leaves: readonly Uint8Array[]): Adoption | string {
  const chain = new LeafChain()
  const before = log.signedSize
  const added = new Set<Leaf>()
  try {
    for (const [index, bytes] of leaves.entries()) {
      const leaf = decodeLeaf(bytes, index)
      chain.push(leaf)
      if (index >= before && index < log.size && !sameEntries(leaf, log.leafAt(index))) {
        return `its leaf ${index} describes other entries`
      }
      if (index >= before) added.add(leaf)
    }
  } catch (error) {
    if (error instanceof HistoryError) return error.message
    throw error
  }
  const { first, valid } = chain
  if (first === undefined) return 'it has no leaves'
  const compared = before === 0 ? valid.slice(-1) : valid.filter((leaf) => added.has(leaf))
  const start = compared[0]?.start ?? first.start
  return { leaves, identity: first.identity, start, points: compared.map(({ end }) => end) }
}

import type { StateHead } from '@datastreamer/e2store/era'
import { hashTreeRoot, type SszType } from '@datastreamer/e2store/ssz'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { toHex } from './bytes.ts'
import type { HeldEra } from './era-files.ts'
import { readStateFacts, type StateFacts } from './state-facts.ts'

/** Bytes of a historical summary: the roots of an era's block roots and state roots. */
const SUMMARY_BYTES = 64
/** Its two roots are the leaves of its own. */
const SUMMARY: SszType = { kind: 'bytes', length: SUMMARY_BYTES }

/**
 * The newest state, whose root was computed: what the roots of all earlier eras are compared with.
 *
 * @see docs/spec/e2store.md §7.4
 */
export class Anchor {
  readonly era: bigint
  readonly facts: StateFacts
  /** The start of the state, with its block and state roots. */
  readonly head: StateHead
  /** Name of the file that has it. */
  readonly fileName: string
  readonly #historicalRoots: Uint8Array
  readonly #summaryRoots: readonly string[]

  private constructor({ group, fileName }: HeldEra, facts: StateFacts, head: StateHead) {
    this.era = group.era
    this.fileName = fileName
    this.facts = facts
    this.head = head
    this.#historicalRoots = facts.kept.get('historical_roots') ?? new Uint8Array(0)
    const summaries = facts.kept.get('historical_summaries') ?? new Uint8Array(0)
    this.#summaryRoots = Array.from({ length: summaries.length / SUMMARY_BYTES }, (_, i) =>
      toHex(hashTreeRoot(SUMMARY, summaries.subarray(i * SUMMARY_BYTES, (i + 1) * SUMMARY_BYTES))),
    )
  }

  /** Read a state, all of it. */
  static async read(network: BeaconNetwork, held: HeldEra): Promise<Anchor> {
    const { facts, head } = await readStateFacts(network, held, ['historical_roots', 'historical_summaries'])
    return new Anchor(held, facts, head)
  }

  /** Root of an era's block and state roots, in hex; `undefined` if the state has none. Era 0 has none. */
  eraRoot(era: bigint): string | undefined {
    const at = Number(era) - 1
    const old = this.#historicalRoots.length / 32
    if (at < 0) return undefined
    if (at < old) return toHex(this.#historicalRoots.subarray(32 * at, 32 * at + 32))
    return this.#summaryRoots[at - old]
  }
}

import { decodeAs, type EntryData } from './codec.ts'
import { SequencerEntryError } from './errors.ts'
import { GENERATIONS, type Generation } from './generation.ts'
import type { SequencerEntry } from './model.ts'

/** What can be read as several is taken for the newest. */
const NEWEST_FIRST: readonly Generation[] = [...GENERATIONS].reverse()

/** Numbers of blocks and batches are below it. */
const NUMBER_LIMIT = 2n ** 32n

interface Reading {
  readonly generation: Generation
  readonly entry: SequencerEntry
}

/**
 * Finds the generation of a stream by its entries, from any of them on: it is one in which all of them can be read. Mostly
 * the first one decides. While several are left, what was read so far means the same in all of them.
 *
 * @see docs/spec/sequencer-entries.md §1
 */
export class GenerationDetector {
  /** Those that are left. */
  #candidates: readonly Generation[]
  #decided: Generation | undefined

  /** @param known if the caller knows it */
  constructor(known?: Generation | undefined) {
    this.#candidates = NEWEST_FIRST
    this.#decided = known
  }

  /** Take the next entry; gives the generation to read it in. */
  of(entry: EntryData): Generation {
    if (this.#decided !== undefined) return this.#decided
    const readings = this.#candidates.flatMap((generation) => readingOf(entry, generation) ?? [])
    // What no generation can read, as a type of a later version, says nothing.
    if (readings.length > 0) this.#candidates = likely(readings)
    const [newest, ...others] = this.#candidates
    if (others.length === 0) this.#decided = newest
    return newest ?? 'protobuf'
  }
}

function readingOf(entry: EntryData, generation: Generation): Reading | undefined {
  try {
    const decoded = decodeAs(entry, generation)
    return decoded.kind === 'unknown' ? undefined : { generation, entry: decoded }
  } catch (error) {
    if (!(error instanceof SequencerEntryError)) throw error
    return undefined
  }
}

/**
 * The generations whose reading of an entry is the likely one. Other bytes are hardly ever a message of protobuf, unless
 * its fields are of a later version or it says no number. Fixed layouts of one length differ in their byte order: the
 * wrong one gives the greater number, as long as numbers are below 2^32.
 */
function likely(readings: readonly Reading[]): Generation[] {
  const fixed = readings.filter(({ generation }) => generation !== 'protobuf')
  const isFixed = fixed.some(({ entry }) => numberOf(entry) < NUMBER_LIMIT)
  const messages = readings.filter(({ generation, entry }) => {
    const isWhole = !('unknown' in entry) || entry.unknown === undefined
    return generation === 'protobuf' && (!isFixed || (isWhole && numberOf(entry) > 0n))
  })
  const least = fixed.filter(({ entry }) => fixed.every((other) => numberOf(entry) <= numberOf(other.entry)))
  return [...messages, ...least].map(({ generation }) => generation)
}

/** The number by which an entry is known, 0 if it says none. */
function numberOf(entry: SequencerEntry): bigint {
  switch (entry.kind) {
    case 'bookmark':
      return entry.value
    case 'transaction':
      return entry.l2blockNumber
    case 'updateGer':
      return entry.batchNumber
    case 'unknown':
      return 0n
    default:
      return entry.number
  }
}

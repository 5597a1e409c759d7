import {
  type BlockHeader,
  defaultHashes,
  type EventLog,
  logsBloom,
  type Receipt,
} from '@datastreamer/e2store/execution'
import { equalBytes } from '../trust/bytes.ts'

/** What logs must have: an address, and topics at their positions. */
export interface LogConditions {
  /** Any of these; absent or empty: any at all. */
  readonly addresses?: readonly Uint8Array[]
  /** For each position any of these; `undefined` or empty: anything. A log must have as many topics. */
  readonly topics: readonly (readonly Uint8Array[] | undefined)[]
}

function matchesLog({ address, topics }: EventLog, conditions: LogConditions): boolean {
  if (topics.length < conditions.topics.length) return false
  if (!isOneOf(address, conditions.addresses)) return false
  return conditions.topics.every((wanted, i) => isOneOf(topics[i] as Uint8Array, wanted))
}

/** A log, and where it is in its block. */
export interface FoundLog {
  readonly log: EventLog
  readonly logIndex: number
  readonly transactionIndex: number
}

/** The logs of a block that match, in order. */
export function matchingLogs(receipts: readonly Receipt[], conditions: LogConditions): FoundLog[] {
  const found: FoundLog[] = []
  let logIndex = 0
  for (const [transactionIndex, { logs }] of receipts.entries()) {
    for (const log of logs) {
      if (matchesLog(log, conditions)) found.push({ log, logIndex, transactionIndex })
      logIndex++
    }
  }
  return found
}

/** Says of a header's bloom whether logs of its block can match. */
export function bloomTest({ addresses, topics }: LogConditions): (header: BlockHeader) => boolean {
  const alternatives = [addresses, ...topics]
    .filter((wanted) => wanted !== undefined && wanted.length > 0)
    .map((wanted) => (wanted ?? []).map(bitsOf))
  if (alternatives.length === 0) return ({ logsBloom: bloom }) => bloom.some((byte) => byte !== 0)
  return ({ logsBloom: bloom }) =>
    alternatives.every((values) =>
      values.some((bits) => bits.every(({ at, mask }) => ((bloom[at] as number) & mask) !== 0)),
    )
}

function isOneOf(value: Uint8Array, wanted: readonly Uint8Array[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some((each) => equalBytes(each, value))
}

/** The bits of a bloom that a value sets. */
function bitsOf(value: Uint8Array): { readonly at: number; readonly mask: number }[] {
  const bloom = logsBloom([{ address: value, topics: [], data: new Uint8Array(0) }], defaultHashes())
  const bits: { at: number; mask: number }[] = []
  for (const [at, mask] of bloom.entries()) if (mask !== 0) bits.push({ at, mask })
  return bits
}

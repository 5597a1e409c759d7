import { parseEraName } from '../era/name.ts'
import { parseExecutionArchiveName } from '../execution/names.ts'

/** What the name of a file of history says; it is untrusted. */
export interface HistoryFileName {
  readonly kind: 'era' | 'era1' | 'ere' | 'e2hs'
  readonly network: string
  /** The era of its first block or state. */
  readonly era: bigint
  /** What an `.ere` file leaves out, like `noproofs`; empty for all others. */
  readonly profile: readonly string[]
}

/** The parts of the name of an `.era`, `.era1`, `.ere`, `.erae` or `.e2hs` file; `undefined` for any other name. */
export function parseHistoryFileName(name: string): HistoryFileName | undefined {
  const execution = parseExecutionArchiveName(name)
  if (execution !== undefined) {
    const { kind, network, era, profile } = execution
    return { kind, network, era: BigInt(era), profile }
  }
  const beacon = parseEraName(name)
  return beacon && { kind: 'era', network: beacon.config, era: beacon.era, profile: [] }
}

/** By chain, network, era and name: the order in which files follow each other. */
export function compareHistoryNames(a: string, b: string): number {
  const [x, y] = [parseHistoryFileName(a), parseHistoryFileName(b)]
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined) || compare(a, b)
  const chains = Number(x.kind === 'era') - Number(y.kind === 'era')
  return chains || compare(x.network, y.network) || compare(x.kind, y.kind) || compare(x.era, y.era) || compare(a, b)
}

function compare<T extends string | bigint>(a: T, b: T): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

import { type HistoryFileName, parseHistoryFileName } from '../folder/file-name.ts'

export type HistoryKind = HistoryFileName['kind']

/** The parts of the name of a file of history. A name is untrusted: it is compared with the content. */
export interface HistoryName {
  /** The whole name, safe as the name of a file in a folder. */
  readonly name: string
  readonly kind: HistoryKind
  readonly network: string
  /** Number of the file: era, or first block / 8192. */
  readonly number: number
  /**
   * What one file of each number makes complete: files of one network, extension and profile, like
   * `mainnet .ere noproofs`.
   */
  readonly series: string
}

/** Nothing that a file system, a shell or a terminal could take for more than a name. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/

/** The parts of the name of a file of history that can be mirrored; `undefined` for any other name. */
export function parseHistoryName(name: string): HistoryName | undefined {
  if (!SAFE.test(name)) return undefined
  const parsed = parseHistoryFileName(name)
  if (parsed === undefined || parsed.era > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const { kind, network, era, profile } = parsed
  const extension = name.slice(name.lastIndexOf('.'))
  return { name, kind, network, number: Number(era), series: [network, extension, ...profile].join(' ') }
}

/** By series, number and name: the order of plans and reports. */
export function compareHistory(a: HistoryName, b: HistoryName): number {
  return compareText(a.series, b.series) || a.number - b.number || compareText(a.name, b.name)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

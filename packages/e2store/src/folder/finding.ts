export type FindingCode =
  /** Blocks or eras between those that are there, or in the range that is expected, are not. */
  | 'MISSING'
  /** Two files share some eras, but not all. */
  | 'OVERLAP'
  /** Two files are of one era, and differ. */
  | 'DOUBLE'
  /** Two files have the same content. */
  | 'SAME_CONTENT'
  /** A file is of another network than the others. */
  | 'OTHER_NETWORK'
  /** A file does not follow the one before it. */
  | 'BROKEN_CHAIN'
  /** A later state has another root for an era. */
  | 'WRONG_ERA'

/** Something about a folder as a whole that is not as it should be. */
export interface FolderFinding {
  readonly code: FindingCode
  /** What it is, with the names of the files. */
  readonly message: string
  /** Names of the files concerned. */
  readonly files: readonly string[]
  /** The first and last that are missing: blocks of an execution chain, eras of a beacon chain. */
  readonly range?: { readonly chain: 'execution' | 'beacon'; readonly first: bigint; readonly last: bigint }
}

/** `era 5`, `eras 5 to 7`. */
export function erasText(first: bigint, last: bigint): string {
  return first === last ? `era ${first}` : `eras ${first} to ${last}`
}

/** `is` or `are`, by how many there are. */
export function verb(first: bigint, last: bigint): string {
  return first === last ? 'is' : 'are'
}

import type { ArchiveHeader, StreamPoint } from './layout.ts'

/** What the name of an archive says. It comes from outside: it is compared with the content, never trusted. */
export interface ArchiveName {
  readonly systemId: bigint
  /** Number of the first entry. */
  readonly first: bigint
  /** First four bytes of the digest at the file's end, in hex. */
  readonly id: string
}

const NAME = /^(\d{1,20})-(\d{10,20})-([0-9a-f]{8})\.e2ds$/

/** The name that an archive has by its content. docs/spec/archive.md §5. */
export function archiveNameOf({ identity, start }: ArchiveHeader, end: StreamPoint): string {
  const id = Buffer.from(end.digest.subarray(0, 4)).toString('hex')
  return `${identity.systemId}-${String(start.number).padStart(10, '0')}-${id}.e2ds`
}

/** Take a name, without its folder, apart; `undefined` if it is not one. */
export function parseArchiveName(name: string): ArchiveName | undefined {
  const [, systemId, first, id] = NAME.exec(name) ?? []
  if (systemId === undefined || first === undefined || id === undefined) return undefined
  return { systemId: BigInt(systemId), first: BigInt(first), id }
}

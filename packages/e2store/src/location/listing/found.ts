/** A file that a list names. */
export interface FoundFile {
  readonly name: string
  /** In bytes, if the list has it exactly. */
  readonly size?: number
}

/** Each name once, sorted; a size where any of them has one. */
export function distinct(files: Iterable<FoundFile>): FoundFile[] {
  const byName = new Map<string, FoundFile>()
  for (const file of files) if (byName.get(file.name)?.size === undefined) byName.set(file.name, file)
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A file by what its name says. */
export interface NamedEra {
  readonly name: string
  readonly config: string
  /** The lowest era in it. */
  readonly era: bigint
}

/** What a location holds of a chain. */
export interface HeldEras {
  /** How many files there are. */
  readonly files: number
  /** Eras without a gap, ascending; both ends included. */
  readonly runs: readonly { readonly first: bigint; readonly last: bigint }[]
  /** Eras that several files are of by their names. */
  readonly doubles: readonly { readonly era: bigint; readonly names: readonly string[] }[]
}

/**
 * What files hold, by their names; only of those with a gap after them it is asked whether they hold several eras.
 *
 * @param files ascending by era
 * @param lastEra the highest era in a file
 */
export async function heldEras(
  files: readonly NamedEra[],
  lastEra: (file: NamedEra) => Promise<bigint>,
): Promise<HeldEras> {
  const runs: { first: bigint; last: bigint }[] = []
  const byEra = new Map<bigint, string[]>()
  for (const [at, file] of files.entries()) {
    const { name, era } = file
    byEra.set(era, [...(byEra.get(era) ?? []), name])
    const next = files[at + 1]?.era
    const last = next !== undefined && next <= era + 1n ? era : await lastEra(file)
    const run = runs.at(-1)
    if (run === undefined || era > run.last + 1n) runs.push({ first: era, last })
    else if (last > run.last) run.last = last
  }
  const doubles = [...byEra].flatMap(([era, names]) => (names.length > 1 ? [{ era, names }] : []))
  return { files: files.length, runs, doubles }
}

import { knownAccumulators, knownHistoricalRoots } from '@datastreamer/e2store/trusted'

/** Lists of roots that are public knowledge. */
export interface KnownLists {
  /** The accumulator of an era of blocks before the merge. */
  accumulator(era: number): Uint8Array | undefined
  /** The root of an era of the beacon chain before Capella, by slot / 8192. */
  historicalRoot(era: number): Uint8Array | undefined
}

export const NO_LISTS: KnownLists = { accumulator: () => undefined, historicalRoot: () => undefined }

/** The lists that are built in for a network. */
export async function knownLists(network: string): Promise<KnownLists> {
  const accumulators = await knownAccumulators(network)
  const historical = await knownHistoricalRoots(network)
  return { accumulator: (era) => accumulators?.at(era), historicalRoot: (era) => historical?.at(era) }
}

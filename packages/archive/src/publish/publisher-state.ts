/**
 * What a publisher keeps for itself: a few whole files. Writing one is durable and atomic: after a crash at any moment it
 * has the content of before or that of after. Whoever opened it is the only one that writes.
 */
export interface PublisherState {
  /** A whole file; `undefined` if there is none. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Write a whole file, from chunks that follow each other. */
  write(name: string, chunks: readonly Uint8Array[]): Promise<void>
  /** Remove a file, if it is there. */
  remove(name: string): Promise<void>
}

/** Names of the files. */
export const StateFile = {
  /** The newest note that was signed, or adopted. */
  checkpoint: 'checkpoint',
  /** The file of the segment that the last leaf describes, until it is published. */
  pending: 'pending',
  /** Leaves, in bundles of 256. */
  bundle: (index: number): string => `leaves-${String(index).padStart(6, '0')}`,
  /** A note that stopped publishing, and the own one that it contradicts. */
  evidence: (whose: 'own' | 'foreign', what: string): string => `evidence-${what}-${whose}`,
} as const

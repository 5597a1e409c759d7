/** The forks whose types are known, in order, by their names of the consensus specifications. */
export const SSZ_FORKS = ['phase0', 'altair', 'bellatrix', 'capella', 'deneb', 'electra', 'fulu'] as const

export type SszFork = (typeof SSZ_FORKS)[number]

export function isSszFork(name: string): name is SszFork {
  return (SSZ_FORKS as readonly string[]).includes(name)
}

/** Whether a fork is another one or comes after it. */
export function isFrom(fork: SszFork, first: SszFork): boolean {
  return SSZ_FORKS.indexOf(fork) >= SSZ_FORKS.indexOf(first)
}

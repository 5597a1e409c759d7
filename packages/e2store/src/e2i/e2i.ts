/**
 * The layouts that index files have had: 0 of 2020 (absolute offsets, slot 0 first), 1 of 2021 (absolute, with a
 * start slot), 2 since 2022 (one slot index record).
 */
export type E2iGeneration = 0 | 1 | 2

/** Largest number of slots in an index file: 32 MiB of offsets. */
export const MAX_E2I_COUNT = 4_194_304

/** The content of an index file of any layout. */
export interface E2i {
  readonly startSlot: bigint
  /** Position in the data file of each slot's record; `undefined` for an empty slot. */
  readonly targets: readonly (number | undefined)[]
}

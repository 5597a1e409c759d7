/** What caches are told of the objects of a history. docs/spec/history.md §1. */
export const CacheControl = {
  checkpoint: 'no-cache',
  /** Full tiles and bundles, segments. */
  forever: 'public, max-age=31536000, immutable',
  /** Partial tiles and bundles, lookups. */
  partial: 'public, max-age=3600',
} as const

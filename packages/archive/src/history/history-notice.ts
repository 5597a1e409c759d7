/** What a reader of a history should know, and can go on with. */
export type HistoryNotice =
  /** No public key was given, so nobody vouches for what the history says of itself. Once. */
  | { readonly code: 'AUTHOR_UNCHECKED'; readonly message: string }
  /** An older checkpoint than one that was seen before: it was not used. */
  | { readonly code: 'LATE_CHECKPOINT'; readonly message: string; readonly size: number; readonly knownSize: number }
  /** Something could not be had, or was not what it has to be, and is tried again or elsewhere. */
  | { readonly code: 'RETRIED'; readonly message: string; readonly key: string; readonly error: unknown }
  /** There is no lookup, or a wrong one: all leaves are read instead. */
  | { readonly code: 'NO_LOOKUP'; readonly message: string; readonly error: unknown }

export type OnNotice = (notice: HistoryNotice) => void

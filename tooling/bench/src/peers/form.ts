/** Names of the stream in each system: a subject, a key. */
export const STREAM = 's'

/** A program that keeps a stream. */
export type System = 'datastreamer' | 'redis' | 'jetstream'

/**
 * How an operation of several entries is written, so that its entries become visible together:
 *
 * - `operation`: as one of ours
 * - `commands`: one `XADD` for each entry, between `MULTI` and `EXEC` if there are several
 * - `fields`: one `XADD` with a field for each entry
 * - `message`: one message with all entries, one after the other
 */
export type Form = 'operation' | 'commands' | 'fields' | 'message'

export const SYSTEM_OF: Readonly<Record<Form, System>> = {
  operation: 'datastreamer',
  commands: 'redis',
  fields: 'redis',
  message: 'jetstream',
}

/** Entries of what can be read by a number of its own. */
export function entriesOfRecord(form: Form, entries: number): number {
  return form === 'operation' || form === 'commands' ? 1 : entries
}

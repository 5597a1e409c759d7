import { plural } from './text.ts'

/** What was written into a stream file, by `totalEntries` before and after. */
export function restoredText(
  file: string,
  { before, after }: { readonly before: bigint; readonly after: bigint },
): string {
  const total = plural(after, 'entry', 'entries')
  return after === before
    ? `${file} holds all of it already: ${total}`
    : `added ${plural(after - before, 'entry', 'entries')}; ${file} now has ${total}`
}

import { baseOfFile } from '@datastreamer/store/check'

/** Say which entries are not in a stream file, if it begins late. */
export async function noteBase(file: string, note: (line: string) => void): Promise<void> {
  const { totalEntries } = await baseOfFile(file)
  if (totalEntries > 0n) note(baseText(file, totalEntries))
}

/** What is to be known of a stream file that begins late. */
export function baseText(file: string, firstEntry: bigint): string {
  return `${file} begins with entry ${firstEntry}: entries before that are not in this file`
}

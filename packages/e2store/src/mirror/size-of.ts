import type { Location } from '../location/location.ts'
import type { Offer } from './offers.ts'

/** Ask for the size of a file; `undefined` if no location says it. */
export async function sizeOf(
  { name, offers }: { readonly name: string; readonly offers: readonly Offer[] },
  locations: readonly Location[],
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for (const { location: index } of offers) {
    const location = locations[index]
    try {
      await using file = await location?.open(name, signal ? { signal } : {})
      if (file !== undefined) return file.size
    } catch {
      // What is wrong shows when the file is fetched.
      signal?.throwIfAborted()
    }
  }
  return undefined
}

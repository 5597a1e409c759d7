import type { Download, DownloadOptions, Location } from '../location/location.ts'

const RANGE_BYTES = 1_048_576

/** A file as a stream, from a location that has only ranges. */
export async function downloadInRanges(
  location: Location,
  name: string,
  { from = 0, signal }: DownloadOptions = {},
): Promise<Download> {
  const file = await location.open(name, { ends: 'start', ...(signal && { signal }) })
  const start = Math.min(from, file.size)
  return {
    from: start,
    size: file.size,
    bytes: (async function* () {
      for (let at = start; at < file.size; at += RANGE_BYTES) {
        yield await file.read(at, Math.min(RANGE_BYTES, file.size - at))
      }
    })(),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

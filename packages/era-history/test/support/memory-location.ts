import { ByteSourceError } from '@datastreamer/e2store'
import { type Location, LocationError, type OpenedFile } from '@datastreamer/e2store/location'

/** Files in memory as a location that counts what is open and what was read. */
export interface MemoryLocation extends Location {
  readonly files: Map<string, Uint8Array>
  readonly counts: { open: number; mostOpen: number; opened: number; reads: number; bytes: number }
  /** Awaited before a file is read. */
  onRead: (name: string) => Promise<void> | undefined
}

export function memoryLocation(files: Iterable<{ readonly name: string; readonly bytes: Uint8Array }>): MemoryLocation {
  const held = new Map<string, Uint8Array>()
  for (const { name, bytes } of files) held.set(name, bytes)
  const counts = { open: 0, mostOpen: 0, opened: 0, reads: 0, bytes: 0 }
  const location: MemoryLocation = {
    name: 'memory',
    files: held,
    counts,
    onRead: () => undefined,
    list: async () => [...held].map(([name, bytes]) => ({ name, size: bytes.length })),
    open: async (name): Promise<OpenedFile> => {
      const bytes = held.get(name)
      if (bytes === undefined) throw new LocationError('NOT_FOUND', `no ${name}`)
      counts.opened++
      counts.mostOpen = Math.max(counts.mostOpen, ++counts.open)
      let isOpen = true
      return {
        name,
        size: bytes.length,
        async read(position, length) {
          if (!isOpen) throw new ByteSourceError('CLOSED', `${name} is closed`)
          counts.reads++
          counts.bytes += length
          await location.onRead(name)
          const found = bytes.slice(position, position + length)
          if (found.length < length) throw new ByteSourceError('SHORT_READ', `${length} bytes at ${position}`)
          return found
        },
        async [Symbol.asyncDispose]() {
          if (isOpen) counts.open--
          isOpen = false
        },
      }
    },
    readText: async () => undefined,
    [Symbol.asyncDispose]: async () => {},
  }
  return location
}

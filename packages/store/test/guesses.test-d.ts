// What people write from memory: it only has to compile, and tsc says whether it does.

import type { EntrySource } from '@datastreamer/format'
import { openReader, openStore } from '@datastreamer/store'
import { verifyStream } from '@datastreamer/store/check'
import { LogCursor } from '@datastreamer/store/log'

export async function write(): Promise<void> {
  await using store = await openStore('data-stream.bin')
  await using _other = await openStore('other.bin', { systemId: 779n, fsync: 'interval' })
  const { nextEntry } = await store.atomic(async (operation) => {
    operation.addBookmark(Uint8Array.of(1))
    operation.addEntry(2, new Uint8Array(10))
    await operation.writable()
  })
  await store.atomic((operation) => void operation.addEntry(1, new Uint8Array()))
  await store.truncateFile(nextEntry - 1n)
}

export async function read(): Promise<number> {
  await using reader = await openReader('data-stream.bin', { follow: true })
  let count = 0
  for await (const { number, data } of reader.entries()) count += Number(number) + data.length
  for await (const entry of reader.entries({ from: 0, to: 10n, follow: false })) count += entry.type
  for await (const batch of reader.batches({ from: { bookmark: Uint8Array.of(1) } })) count += batch.length
  for await (const _ of reader.entries({ from: 'latest', signal: AbortSignal.timeout(1) })) count++
  const run = await new LogCursor(reader.log, 0).next()
  return count + (run?.bytes.length ?? 0)
}

/** A store and a reader are entry sources as a client is. */
export async function sources(): Promise<readonly EntrySource[]> {
  return [await openStore('data-stream.bin'), await openReader('data-stream.bin')]
}

export const check = verifyStream

// @ts-expect-error: a path has to be given
openStore()

import { StreamClient } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { openStore, type StreamStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { countCommonEntries } from '../src/truncate/common-entries.ts'
import { type NewEntry, Source } from './support/source.ts'

/** More than are compared one by one at a time. */
const WINDOW = 65_536
const TOTAL = WINDOW + 4000
const signal = new AbortController().signal

/** Entries of one byte, 1 where `other` says so and 0 elsewhere. */
function* bytes(count: number, other: (number: number) => boolean = () => false): Generator<NewEntry, void, void> {
  for (let i = 0; i < count; i++) yield { type: 1, data: Uint8Array.of(other(i) ? 1 : 0) }
}

async function openWith(file: string, entries: Iterable<NewEntry>): Promise<StreamStore> {
  const store = await openStore({ file, systemId: 1101n, version: 2, fsync: 'never' })
  store.startAtomicOp()
  for (const { type, data } of entries) store.addStreamEntry(type, data)
  await store.commitAtomicOp()
  return store
}

test.each([
  ['where one has less', TOTAL - 7, () => false, TOTAL - 7],
  ['where the last entries differ', TOTAL, (number: number) => number >= TOTAL - 3, TOTAL - 3],
  ['where one entry differs in the last window', TOTAL, (number: number) => number === 5000, 5000],
  ['where they part before the last window', TOTAL, (number: number) => number === 4000 || number === 3000, 3000],
  ['where the first entry differs', TOTAL, (number: number) => number === 0 || number === 4001, 0],
])('the entries in common end %s', async (_, count, other, common) => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commit(bytes(TOTAL))
  await using own = await openWith(dir.join('own.bin'), bytes(count, other))
  await using client = new StreamClient({ host: '127.0.0.1', port: source.port })
  expect(await countCommonEntries(client, own, signal)).toBe(BigInt(common))
})

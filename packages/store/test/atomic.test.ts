import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { type AtomicOperation, openReader, openStore } from '../src/index.ts'

const bytes = (...data: readonly number[]): Uint8Array => Uint8Array.from(data)

test('the entries that a function adds are one operation', async () => {
  using dir = tempDir()
  await using store = await openStore(dir.join('s.bin'))
  const result = await store.atomic(async (operation) => {
    expect(operation.addBookmark(bytes(1))).toBe(0n)
    await operation.writable()
    expect(operation.addEntry(2, bytes(7))).toBe(1n)
    expect(store.getHeader().totalEntries).toBe(0n)
  })
  expect(result).toEqual({ firstEntry: 0n, nextEntry: 2n })
  expect(await store.getEntry(1n)).toMatchObject({ type: 2, number: 1n, data: bytes(7) })
})

test('a function that fails leaves nothing, and the next one begins at the same number', async () => {
  using dir = tempDir()
  await using store = await openStore(dir.join('s.bin'), { systemId: 7n })
  const failing = store.atomic((operation) => {
    operation.addEntry(1, bytes(1))
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(store.nextEntry).toBe(0n)
  expect(store.getHeader()).toMatchObject({ totalEntries: 0n, systemId: 7n })
  await store.atomic((operation) => void operation.addEntry(1, bytes(2)))
  expect((await store.getEntry(0n))?.data).toEqual(bytes(2))
})

test('one function at a time, and none adds after its end', async () => {
  using dir = tempDir()
  await using store = await openStore(dir.join('s.bin'))
  let kept: AtomicOperation | undefined
  await store.atomic(async (operation) => {
    kept = operation
    await expect(store.atomic(() => {})).rejects.toMatchObject({ code: 'ATOMIC_OP_IN_PROGRESS' })
    operation.addEntry(1, bytes(1))
  })
  store.startAtomicOp()
  expect(() => kept?.addEntry(1, bytes(2))).toThrow('has ended')
  expect(() => kept?.addBookmark(bytes(2))).toThrow('has ended')
  await expect(kept?.writable()).rejects.toMatchObject({ code: 'NO_ATOMIC_OP' })
})

test('a store that is closed meanwhile keeps nothing, and the error of the function is thrown', async () => {
  using dir = tempDir()
  const store = await openStore(dir.join('s.bin'))
  const failing = store.atomic(async (operation) => {
    operation.addEntry(1, bytes(1))
    await store.close()
    throw new Error('gave up')
  })
  await expect(failing).rejects.toThrow('gave up')
  await using reader = await openReader({ file: dir.join('s.bin') })
  expect(reader.getHeader().totalEntries).toBe(0n)
})

test('a missing path is reported with what was expected', async () => {
  const message = 'file: expected the path of a stream file, got undefined'
  for (const open of [openStore, openReader]) {
    // @ts-expect-error: as from JavaScript
    await expect(open()).rejects.toThrow(new TypeError(message))
    // @ts-expect-error: as from JavaScript
    await expect(open({})).rejects.toThrow(new TypeError(message))
  }
  await expect(openStore('')).rejects.toThrow('got an empty string')
})

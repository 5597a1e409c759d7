import { expect, test } from 'vitest'
import type { CompressedRun } from './compressed-run.ts'
import { RunCache } from './run-cache.ts'

const run = (bytes: number): CompressedRun => {
  const packet = new Uint8Array(bytes)
  return { packet, size: 4 * bytes, position: 0, next: { position: 1, number: 1 }, boundary: undefined }
}

test('a run is there while it is made, once it is made, and at its epoch only', async () => {
  const cache = new RunCache(32 * 2 ** 20)
  const made = Promise.resolve(run(10))
  cache.put('a', 1, made)
  expect(cache.get('a', 1)).toBe(made)
  await made
  expect(cache.get('a', 1)).toBe(await made)
  expect(cache.get('b', 1)).toBeUndefined()
  expect(cache.get('a', 2)).toBeUndefined()
  expect(cache.get('a', 1)).toBeUndefined()
})

test('one that was being made at another epoch does not come back', async () => {
  const cache = new RunCache(32 * 2 ** 20)
  let resolve: (run: CompressedRun) => void = () => {}
  const old = new Promise<CompressedRun>((done) => {
    resolve = done
  })
  cache.put('a', 1, old)
  const made = Promise.resolve(run(20))
  cache.put('a', 2, made)
  resolve(run(10))
  await Promise.all([old, made])
  expect(cache.get('a', 2)).toBe(await made)
})

test('one of which nothing came is tried again', async () => {
  const cache = new RunCache(32 * 2 ** 20)
  const made = Promise.resolve(undefined)
  cache.put('a', 1, made)
  await made
  expect(cache.get('a', 1)).toBeUndefined()
})

test('no more bytes are kept than it may have, those that were wanted last', async () => {
  const cache = new RunCache(32 * 2 ** 20)
  const mebibyte = 2 ** 20 - 512
  for (let i = 0; i < 33; i++) {
    cache.put(`${i}`, 1, Promise.resolve(run(mebibyte)))
    await Promise.resolve()
    void cache.get('0', 1)
  }
  const kept = Array.from({ length: 33 }, (_, i) => `${i}`).filter((key) => cache.get(key, 1) !== undefined)
  expect(kept).toEqual(['0', ...Array.from({ length: 31 }, (_, i) => `${i + 2}`)])
})

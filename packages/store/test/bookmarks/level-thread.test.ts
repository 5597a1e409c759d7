import type { Worker } from 'node:worker_threads'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test, vi } from 'vitest'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { key } from './log-in-memory.ts'

/** The threads of the indexes, oldest first, to end them from outside. */
const threads = vi.hoisted((): Worker[] => [])
vi.mock('node:worker_threads', async (load) => {
  const real = await load<typeof import('node:worker_threads')>()
  const Recorded = class extends real.Worker {
    constructor(...options: ConstructorParameters<typeof real.Worker>) {
      super(...options)
      threads.push(this)
    }
  }
  return { ...real, Worker: Recorded }
})

const broken = expect.objectContaining({ code: 'STORE_BROKEN' })

test('a thread that ends by itself is reported to pending and later calls, and releases the folder', async () => {
  using dir = tempDir()
  const index = await openLevelIndex({ folder: dir.path, createIfMissing: true })
  index.put(Array.from({ length: 20_000 }, (_, n) => ({ key: key(n), number: n })))
  // From here on it answers nothing, which is not noticed yet.
  const ended = threads.at(-1)?.terminate()
  const waiting = [index.flush({ sync: true }), index.get(key(20_000)), index.finish()]
  await Promise.all(waiting.map((done) => expect(done).rejects.toEqual(broken)))
  await ended
  expect(index.failed).toBe(true)
  const later = [index.get(key(1)), index.flush({ sync: false }), index.writable(), index.renew()]
  await Promise.all(later.map((done) => expect(done).rejects.toEqual(broken)))
  index.put([{ key: key(1), number: 1 }])
  index.remove([key(2)])
  await index.repair()
  expect(index.failed).toBe(true)
  await expect(index.close()).rejects.toEqual(broken)
})

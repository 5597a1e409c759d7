import { expect, test } from 'vitest'
import { bookmarkFolder } from './bookmark-folder.ts'

test.each([
  ['data-stream.bin', 'data-stream.db'],
  ['/data/v1.2/data-stream.bin', '/data/v1.2/data-stream.db'],
  ['/data/v1.2/data-stream', '/data/v1.2/data-stream.db'],
  ['/data/stream.2024.bin', '/data/stream.2024.db'],
  ['./stream.bin', 'stream.db'],
  ['../v1.0/stream', '../v1.0/stream.db'],
  ['/data/.stream', '/data/.stream.db'],
  ['/data/.stream.bin', '/data/.stream.db'],
  ['/data/stream.', '/data/stream.db'],
  ['stream.db', 'stream.db'],
])('%s has its index in %s', (path, folder) => {
  expect(bookmarkFolder(path)).toBe(folder)
})

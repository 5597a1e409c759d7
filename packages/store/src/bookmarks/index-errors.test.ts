import { expect, test } from 'vitest'
import { gapError, indexError, isLocked, lookUpError, openError } from './index-errors.ts'

const failure = (code: string, message = 'what LevelDB said') => ({ code, message })

test.each([
  ['LEVEL_LOCKED', undefined, 'LOCKED'],
  ['LEVEL_CORRUPTION', undefined, 'INDEX_CORRUPT'],
  ['LEVEL_IO_ERROR', 'IO error: 000005.ldb: No such file or directory', 'INDEX_CORRUPT'],
  ['LEVEL_IO_ERROR', 'IO error: No space left on device', 'WRITE_FAILED'],
  ['LEVEL_DATABASE_NOT_OPEN', 'No such file', 'WRITE_FAILED'],
])('%s when it is opened (%s) is %s', (code, message, expected) => {
  const error = openError(failure(code, message), '/a.db')
  expect(error).toMatchObject({ code: expected, cause: { code } })
  expect(error.message).toContain('/a.db')
  expect(isLocked(error)).toBe(code === 'LEVEL_LOCKED')
})

test.each([
  ['LEVEL_CORRUPTION', undefined, 'INDEX_CORRUPT', 'INDEX_CORRUPT'],
  ['LEVEL_IO_ERROR', 'Input/output error', 'WRITE_FAILED', 'INDEX_CORRUPT'],
  ['EIO', 'EIO: i/o error, read', 'WRITE_FAILED', 'INDEX_CORRUPT'],
  ['LEVEL_IO_ERROR', 'Too many open files', 'WRITE_FAILED', 'WRITE_FAILED'],
  ['LEVEL_IO_ERROR', 'Cannot allocate memory', 'WRITE_FAILED', 'WRITE_FAILED'],
  ['LEVEL_LOCKED', undefined, 'WRITE_FAILED', 'WRITE_FAILED'],
])('%s when it is open (%s) is %s; of a look-up, %s', (code, message, written, lookedUp) => {
  expect(indexError(failure(code, message), '/a.db')).toMatchObject({ code: written, cause: { code } })
  expect(lookUpError(failure(code, message), '/a.db')).toMatchObject({ code: lookedUp, cause: { code } })
})

test('an error without a cause says nothing of a lock; a gap names the bookmark and its entry', () => {
  expect(isLocked(new Error('of something else'))).toBe(false)
  const gap = gapError('/a.bin', { key: Uint8Array.of(0x02, 0xff), number: 7 })
  expect(gap).toMatchObject({ code: 'INDEX_CORRUPT', message: expect.stringContaining('0x02ff of entry 7') })
})

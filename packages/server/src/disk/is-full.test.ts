import { expect, test } from 'vitest'
import { isFull } from './is-full.ts'

const coded = (code: string, message = '', cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code })

test.each<[boolean, unknown]>([
  [true, coded('ENOSPC')],
  [true, coded('EDQUOT')],
  [true, coded('LEVEL_IO_ERROR', 'IO error: 000012.log: No space left on device')],
  [true, coded('LEVEL_IO_ERROR', 'IO error: 000012.log: Disk quota exceeded')],
  [true, coded('WRITE_FAILED', '', coded('OTHER', '', coded('ENOSPC')))],
  [false, coded('EIO')],
  [false, coded('LEVEL_IO_ERROR', 'IO error: 000012.log: Input/output error')],
  [false, coded('EIO', 'no space left on device')],
  [false, coded('WRITE_FAILED', '', coded('EIO'))],
  [false, new Error('ENOSPC')],
  [false, 'ENOSPC'],
  [false, null],
  [false, undefined],
])('%s: %o', (full, error) => {
  expect(isFull(error)).toBe(full)
})

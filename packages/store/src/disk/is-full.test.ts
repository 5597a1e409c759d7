import { expect, test } from 'vitest'
import { isFull } from './is-full.ts'

const failure = (code: string, message = 'x', cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code })

test.each([
  ['an error of the system', failure('ENOSPC')],
  ['a quota', failure('EDQUOT')],
  ['a cause', failure('WRITE_FAILED', 'x', failure('OTHER', 'x', failure('ENOSPC')))],
  [
    'an error that LevelDB passes on',
    failure('LEVEL_DATABASE_NOT_OPEN', 'x', failure('LEVEL_IO_ERROR', 'IO error: a.log: No space left on device')),
  ],
])('%s says that a disk is full', (_, error) => {
  expect(isFull(error)).toBe(true)
})

test.each([
  ['another error of the system', failure('EIO', 'no space left on device')],
  ['another of LevelDB', failure('LEVEL_IO_ERROR', 'IO error: a.log: Input/output error')],
  ['a text', 'ENOSPC'],
  ['nothing', undefined],
  ['null', null],
])('%s does not', (_, error) => {
  expect(isFull(error)).toBe(false)
})

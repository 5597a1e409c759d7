import { expect, test } from 'vitest'
import { FormatError, StreamError } from './errors.ts'

class BusyError extends StreamError<'BUSY'> {
  override readonly name: string = 'BusyError'
  override readonly retryable = true
}

test('an error carries its code, its own name, its cause, and whether to try again', () => {
  const cause = new Error('below')
  const error = new BusyError('BUSY', 'try later', { cause })
  expect(error).toBeInstanceOf(StreamError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'BusyError', code: 'BUSY', message: 'try later', retryable: true, cause })
})

test('a format error says where, and can be told from further back', () => {
  const error = new FormatError('BAD_LENGTH', 'entry length 3, expected 17', 8)
  const said = { name: 'FormatError', code: 'BAD_LENGTH', detail: 'entry length 3, expected 17', retryable: false }
  expect(error).toMatchObject({ ...said, offset: 8, message: 'entry length 3, expected 17 at byte 8' })
  expect(error.shifted(4096)).toMatchObject({
    ...said,
    offset: 4104,
    message: 'entry length 3, expected 17 at byte 4104',
  })
  expect(error.shifted(4096)).toBeInstanceOf(FormatError)
})

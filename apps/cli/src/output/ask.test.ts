import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { InterruptedError } from '../errors.ts'
import { agrees } from './ask.ts'

function answer(keys: string): Promise<boolean> {
  const input = new PassThrough()
  const answered = agrees('Do it? ', {
    input,
    output: new PassThrough().resume(),
    signal: new AbortController().signal,
  })
  input.write(keys)
  return answered
}

test.each([
  ['y\r', true],
  ['YES\r', true],
  ['n\r', false],
  ['\r', false],
  ['yesterday\r', false],
])('%j', async (keys, agreed) => {
  expect(await answer(keys)).toBe(agreed)
})

test('Ctrl-D is no yes', async () => {
  expect(await answer('\x04')).toBe(false)
})

test('Ctrl-C interrupts', async () => {
  await expect(answer('y\x03')).rejects.toBeInstanceOf(InterruptedError)
})

import { type Command, encodeCommand } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandInput } from './command-input.ts'

const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const bookmark = fc.uint8Array({ minLength: 1, maxLength: 16 })
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ name: fc.constantFrom('stop', 'header', 'operationBoundaries') }),
  fc.record({ name: fc.constant('start'), fromEntryNumber: u64 }),
  fc.record({ name: fc.constant('entry'), entryNumber: u64 }),
  fc.record({ name: fc.constantFrom('startBookmark', 'bookmark'), bookmark }),
  fc.record({ name: fc.constant('rangeBookmark'), from: bookmark, to: bookmark }),
)

test('commands come out as they went in, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 70 })), (commands, cuts) => {
      const bytes = Uint8Array.from(Buffer.concat(commands.map((one) => encodeCommand(one, 5n))))
      const input = new CommandInput(5n)
      const got: Command[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const chunk = bytes.slice(at, at + (cuts[i] ?? 70))
        at += chunk.length
        input.push(chunk)
        for (let next = input.peek(); next !== undefined; next = input.peek()) {
          expect(input.peek()).toBe(next)
          if ('fault' in next) throw next.fault
          got.push(next.command)
          input.take(next)
        }
        input.compact()
        // The chunk is not ours any more.
        chunk.fill(0xee)
      }
      expect(got).toEqual(commands)
      expect(input.buffered).toBe(0)
    }),
  )
})

test('a fault stays', () => {
  const input = new CommandInput(1n)
  input.push(new Uint8Array(16))
  const fault = { fault: expect.objectContaining({ code: 'WRONG_STREAM_TYPE' }) }
  expect(input.peek()).toEqual(fault)
  input.push(new Uint8Array(16))
  expect(input.peek()).toEqual(fault)
})

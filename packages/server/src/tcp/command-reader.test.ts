import { type Command, encodeCommand } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandReader } from './command-reader.ts'

const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const bookmark = fc.uint8Array({ minLength: 1, maxLength: 16 })
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ name: fc.constantFrom('stop', 'header', 'operationBoundaries', 'compression') }),
  fc.record({ name: fc.constant('start'), fromEntryNumber: u64 }),
  fc.record({ name: fc.constant('entry'), entryNumber: u64 }),
  fc.record({ name: fc.constantFrom('startBookmark', 'bookmark'), bookmark }),
  fc.record({ name: fc.constant('rangeBookmark'), from: bookmark, to: bookmark }),
)

test('commands come out as they went in, in chunks of any size', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 70 })), (commands, sizes) => {
      const bytes = Uint8Array.from(Buffer.concat(commands.map((one) => encodeCommand(one, 5n))))
      const reader = new CommandReader(5n)
      const got: Command[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const chunk = bytes.slice(at, at + (sizes[i] ?? 70))
        at += chunk.length
        reader.push(chunk)
        for (let next = reader.read(); next !== undefined; next = reader.read()) got.push(next)
        // The chunk is not ours any more.
        chunk.fill(0xee)
      }
      expect(got).toEqual(commands)
      expect(reader.buffered).toBe(0)
    }),
  )
})

test('a fault stays', () => {
  const reader = new CommandReader(1n)
  reader.push(new Uint8Array(16))
  const read = (): unknown => reader.read()
  expect(read).toThrow(expect.objectContaining({ code: 'WRONG_STREAM_TYPE' }))
  reader.push(new Uint8Array(16))
  expect(read).toThrow(expect.objectContaining({ code: 'WRONG_STREAM_TYPE' }))
})

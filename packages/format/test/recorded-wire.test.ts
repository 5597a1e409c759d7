import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import {
  decodeCommand,
  type Entry,
  encodeCommand,
  encodeEntry,
  encodeHeaderEntry,
  encodeResult,
  FormatError,
  type Packet,
  PacketReader,
  PacketType,
} from '../src/index.ts'
import { hex, join } from './support.ts'

interface Step {
  /** Hex, or `SHUT_WR` for the end of the sending side. */
  readonly send: string
  readonly recv: string
  /** A line a packet; long runs are cut short by a line `... 4 more ...`. */
  readonly decoded: readonly string[]
}
type Transcripts = Readonly<Record<string, { readonly steps: readonly Step[] }>>

/** Names of the commands that were sent, or the code of the error that one is. */
function readSent(steps: readonly Step[]): string[] {
  const names: string[] = []
  let pending: Uint8Array = new Uint8Array(0)
  for (const { send } of steps) {
    if (send === 'SHUT_WR') continue
    pending = join(pending, hex(send))
    try {
      for (let next = decodeCommand(pending, 1n); next !== undefined; next = decodeCommand(pending, 1n)) {
        expect(encodeCommand(next.command, 1n)).toEqual(pending.slice(0, next.bytes))
        names.push(next.command.name)
        pending = pending.subarray(next.bytes)
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      names.push(error.code)
      pending = new Uint8Array(0)
    }
  }
  if (pending.length > 0) names.push('half')
  return names
}

/** What was received, a line a packet as the transcript has it; all must encode to the bytes that were received. */
function readReceived(steps: readonly Step[], sent: readonly string[], chunkBytes: number): string[] {
  const reader = new PacketReader()
  const lines: string[] = []
  const encoded: Uint8Array[] = []
  const received = join(...steps.map(({ recv }) => hex(recv)))
  const answered = [...sent]
  let rangeEnd = false
  for (let at = 0; at < received.length; at += chunkBytes) {
    reader.push(received.subarray(at, at + chunkBytes))
    for (;;) {
      if (rangeEnd) {
        const end = reader.readRangeEnd()
        if (end === undefined) break
        rangeEnd = false
        const digits = end.toString(16).padStart(16, '0')
        lines.push(`RAW ${digits}`)
        encoded.push(hex(digits))
      }
      const packet = reader.read()
      if (packet === undefined) break
      const [line, bytes] = describePacket(packet)
      lines.push(line)
      encoded.push(bytes)
      if (packet.packet === 'result') rangeEnd = answered.shift() === 'rangeBookmark' && packet.result.code === 0
    }
  }
  expect(reader.buffered).toBe(0)
  expect(Buffer.compare(join(...encoded), received)).toBe(0)
  return lines
}

function describePacket(packet: Packet): [line: string, bytes: Uint8Array] {
  const line = ({ number, type, data }: Entry): string => `#${number} type ${type} len ${17 + data.length}`
  switch (packet.packet) {
    case 'entry':
      return [`DATA ${line(packet.entry)}`, encodeEntry(packet.entry)]
    case 'response':
      return [`DATARSP ${line(packet.entry)}`, encodeEntry(packet.entry, PacketType.response)]
    case 'result': {
      const { code, text } = packet.result
      return [`RESULT ${code} '${text}'`, encodeResult(code)]
    }
    case 'header': {
      const { version, systemId, streamType, totalLength, totalEntries } = packet.header
      return [
        `HEADER ver ${version} sys ${systemId} st ${streamType} length ${totalLength} entries ${totalEntries}`,
        encodeHeaderEntry(packet.header),
      ]
    }
    case 'operationBoundary':
    case 'compressed':
    case 'runningDigest':
    case 'progress':
      throw new Error('the Go server sends none')
  }
}

/** Shorten lines as the transcript did. */
function shortened(lines: readonly string[], like: readonly string[]): string[] {
  const gap = like.findIndex((line) => line.startsWith('... '))
  if (gap < 0) return [...lines]
  const tail = like.length - gap - 1
  return [...lines.slice(0, gap), `... ${lines.length - gap - tail} more ...`, ...lines.slice(-tail)]
}

describe.skipIf(!hasVectors('wire')).each(['wire-v02-gw', 'wire-v02-ref2'])('%s', (name) => {
  const transcripts = hasVectors('wire')
    ? (JSON.parse(Buffer.from(readVector('wire', `${name}.json`)).toString()) as Transcripts)
    : {}

  test.each(Object.entries(transcripts))('%s', (_, { steps }) => {
    const sent = readSent(steps)
    for (const chunkBytes of [1, 7, 65_536]) {
      const lines = readReceived(steps, sent, chunkBytes)
      let at = 0
      for (const { decoded } of steps) {
        const count = decoded.reduce((sum, line) => sum + Number(/^\.\.\. (\d+) more/.exec(line)?.[1] ?? 1), 0)
        expect(shortened(lines.slice(at, at + count), decoded)).toEqual(decoded)
        at += count
      }
      expect(at).toBe(lines.length)
    }
  })

  test('only the commands that should be are refused', () => {
    const refused = Object.entries(transcripts).flatMap(([name, { steps }]) => {
      const codes = readSent(steps).filter((sent) => /^[A-Z_]+$|^half$/.test(sent))
      return codes.length === 0 ? [] : [[name, codes.join()]]
    })
    expect(Object.fromEntries(refused)).toEqual({
      'unknown-99': 'UNKNOWN_COMMAND',
      'unknown-0': 'UNKNOWN_COMMAND',
      'unknown-99-while-streaming': 'UNKNOWN_COMMAND',
      'wrong-stream-type': 'WRONG_STREAM_TYPE',
      'wrong-stream-type-start': 'WRONG_STREAM_TYPE',
      'wrong-stream-type-unknown-cmd': 'WRONG_STREAM_TYPE',
      'half-command': 'half',
      'startbookmark-too-long': 'BAD_BOOKMARK',
      'startbookmark-too-long-noparam': 'BAD_BOOKMARK',
      'startbookmark-empty': 'BAD_BOOKMARK',
      'bookmark-too-long': 'BAD_BOOKMARK',
      'bookmark-too-long-noparam': 'BAD_BOOKMARK',
      'bookmark-empty': 'BAD_BOOKMARK',
      'range-too-long': 'BAD_BOOKMARK',
    })
  })
})

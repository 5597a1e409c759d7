import { hasVectors, readVector } from '@datastreamer/fixtures'
import { decodeHeaderPage, encodeResult, type Header } from '@datastreamer/format'
import type { BookmarkPut } from '@datastreamer/store/log'
import { MemoryIndex } from '@datastreamer/store/log'
import { MemoryFile, PageBuffers, StreamLog, type TestLog } from '@datastreamer/store/testing'
import { describe, expect, test } from 'vitest'
import { TestServer } from './tcp-client.ts'

interface Transcript {
  readonly steps: readonly { readonly send: string; readonly recv: string; readonly closed: boolean }[]
}

const readJson = <T>(...parts: readonly string[]): T => JSON.parse(new TextDecoder().decode(readVector(...parts))) as T
const result = (code: number): string => Buffer.from(encodeResult(code)).toString('hex')
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

const HEADER = '@header'
const AS_RECORDED = '@recorded'
const [STARTED, STOPPED, BAD_BOOKMARK, BAD_TO] = [result(1), result(2), result(4), result(5)]
const NOT_FOUND = `${result(0)}fe00000011ffffffff0000000000000000`

/** Where we answer otherwise, as docs/spec/protocol.md §3 and §6 say: our answer to each step, until we close. */
const OURS: Readonly<Record<string, { readonly answers: readonly string[]; readonly closed?: string }>> = {
  'start-beyond': { answers: [AS_RECORDED, HEADER, STOPPED] },
  'start-max': { answers: [AS_RECORDED, HEADER] },
  'start-twice': { answers: [AS_RECORDED, STARTED], closed: 'BAD_STATE' },
  'start-twice-leftover': { answers: [AS_RECORDED, STARTED], closed: 'BAD_STATE' },
  'header-while-streaming': { answers: [AS_RECORDED, STARTED], closed: 'BAD_STATE' },
  'range-while-streaming': { answers: [AS_RECORDED, STARTED], closed: 'BAD_STATE' },
  'stop-not-started': { answers: [STOPPED], closed: 'BAD_STATE' },
  'stop-twice': { answers: [AS_RECORDED, AS_RECORDED, STOPPED], closed: 'BAD_STATE' },
  'range-ok': { answers: [AS_RECORDED, AS_RECORDED, STOPPED], closed: 'BAD_STATE' },
  'unknown-99': { answers: [AS_RECORDED], closed: 'BAD_COMMAND UNKNOWN_COMMAND' },
  'unknown-0': { answers: [AS_RECORDED], closed: 'BAD_COMMAND UNKNOWN_COMMAND' },
  'unknown-99-while-streaming': { answers: [AS_RECORDED, AS_RECORDED], closed: 'BAD_COMMAND UNKNOWN_COMMAND' },
  'wrong-stream-type': { answers: [''], closed: 'BAD_COMMAND WRONG_STREAM_TYPE' },
  'wrong-stream-type-start': { answers: [''], closed: 'BAD_COMMAND WRONG_STREAM_TYPE' },
  'wrong-stream-type-unknown-cmd': { answers: [''], closed: 'BAD_COMMAND WRONG_STREAM_TYPE' },
  'startbookmark-unknown': { answers: [AS_RECORDED, HEADER, STOPPED] },
  'startbookmark-too-long': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'startbookmark-too-long-noparam': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'startbookmark-empty': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'bookmark-too-long': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'bookmark-too-long-noparam': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'bookmark-empty': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
  'bookmark-ok-5': { answers: [NOT_FOUND] },
  'range-to-first': {
    answers: [`${result(0)}0000000000000000020000001a000000b00000000000000000000000000000000000`, HEADER],
  },
  'range-reversed': { answers: [BAD_TO, HEADER] },
  'range-bad-from': { answers: [AS_RECORDED, HEADER] },
  'range-bad-to': { answers: [AS_RECORDED, HEADER] },
  'range-too-long': { answers: [BAD_BOOKMARK], closed: 'BAD_COMMAND BAD_BOOKMARK' },
}

const isRecorded = hasVectors('wire')

describe.skipIf(!isRecorded)('answers recorded clients', () => {
  const transcripts = isRecorded ? readJson<Record<string, Transcript>>('wire', 'wire-v02-gw.json') : {}
  const header = transcripts.header?.steps[0]?.recv ?? ''

  const recorded = isRecorded ? readRecorded() : undefined

  test('every difference is about a recorded transcript', () => {
    expect(Object.keys(OURS).filter((name) => transcripts[name] === undefined)).toEqual([])
  })

  test.each(Object.entries(transcripts))('%s', async (name, { steps }) => {
    const { answers = steps.map(() => AS_RECORDED), closed } = OURS[name] ?? {}
    await using server = await TestServer.start(basicStream())
    using client = await server.connect()
    for (const [i, answer] of answers.entries()) {
      const { send = '', recv = '' } = steps[i] ?? {}
      if (send === 'SHUT_WR') client.socket.end()
      else client.sendHex(send)
      const expected = answer === AS_RECORDED ? recv : answer === HEADER ? header : answer
      expect(await client.readHex(expected.length / 2)).toBe(expected)
    }
    if (closed === undefined) client.socket.end()
    expect(await client.rest()).toEqual(new Uint8Array())
    client.socket.end()
    expect(await server.whenClosed(1)).toEqual([closed ?? 'CLIENT_ENDED'])
  })

  test.each(['stop-not-started', 'stop-twice', 'range-ok'])(
    '%s, if breaches of the state do not close',
    async (name) => {
      await using server = await TestServer.start(basicStream(), { closeOnStateError: false })
      using client = await server.connect()
      for (const { send, recv } of transcripts[name]?.steps ?? []) {
        client.sendHex(send)
        expect(await client.readHex(recv.length / 2)).toBe(recv)
      }
      expect(server.closed).toEqual([])
    },
  )

  function basicStream(): Pick<TestLog, 'log' | 'index'> {
    const file = new MemoryFile()
    if (recorded === undefined) throw new Error('not recorded')
    file.bytes = recorded.file
    const index = new MemoryIndex()
    index.put(recorded.bookmarks)
    return {
      index,
      log: new StreamLog({ file, path: 'v02-basic.bin', header: recorded.header, buffers: new PageBuffers() }),
    }
  }
})

/** The stream that the recorded clients read, and its bookmarks. */
function readRecorded(): { header: Header; file: Uint8Array; bookmarks: BookmarkPut[] } {
  const unpacked = readVector('stream', 'v02-basic.bin.gz')
  const header = decodeHeaderPage(unpacked)
  const { bookmarks } = readJson<{ bookmarks: Record<string, number> }>('stream', 'v02-basic.json')
  return {
    header,
    file: unpacked.slice(0, header.totalLength),
    bookmarks: Object.entries(bookmarks).map(([key, number]) => ({ key: hex(key), number })),
  }
}

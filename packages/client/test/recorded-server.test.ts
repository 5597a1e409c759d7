import { hasVectors, readVector } from '@datastreamer/fixtures'
import { type Entry, encodeCommand } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { plain } from './support/entries.ts'
import { collect, failure, near } from './support/options.ts'
import { Peer } from './support/peer.ts'

interface Step {
  readonly send: string
  readonly recv: string
}
interface Recorded {
  readonly bookmarks: Readonly<Record<string, number>>
  readonly file: { readonly entries: readonly { readonly type: number; readonly data: string }[] }
}

const json = (...path: string[]): unknown => JSON.parse(Buffer.from(readVector(...path)).toString())
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

/** What a recorded server answers to the first command of a connection, and behind an unknown one, to the next. */
function answersOf(version: string): Map<string, Uint8Array> {
  const transcripts = json('wire', `wire-v02-${version}.json`) as Record<string, { readonly steps: readonly Step[] }>
  const answers = new Map<string, Uint8Array>()
  for (const { steps } of Object.values(transcripts)) {
    const [first] = steps
    if (first !== undefined && !answers.has(first.send)) answers.set(first.send, hex(first.recv))
  }
  return answers
}

/** The bookmarks and entries of the stream that they served. */
function recordedStream(): { bookmarks: Recorded['bookmarks']; entries: Entry[] } {
  const { bookmarks, file } = json('stream', 'v02-basic.json') as Recorded
  return { bookmarks, entries: file.entries.map(({ type, data }, i) => ({ type, number: BigInt(i), data: hex(data) })) }
}

function replay(version: string): Promise<Peer> {
  const answers = answersOf(version)
  const unknown = answers.get('00000000000000630000000000000001')
  return Peer.listen(async (connection) => {
    for (;;) {
      const command = await connection.command()
      if (command === undefined) return
      const sent = Buffer.from(encodeCommand(command, 1n)).toString('hex')
      const answer = command.name === 'operationBoundaries' ? unknown : answers.get(sent)
      if (answer !== undefined) connection.send(answer)
    }
  })
}

describe.skipIf(!hasVectors('wire') || !hasVectors('stream'))('what Go servers answered', () => {
  describe.each(['ref2', 'gw'])('%s', (version) => {
    test('questions', async () => {
      const { entries } = recordedStream()
      await using peer = await replay(version)
      await using client = new StreamClient(near(peer))
      expect(await client.getHeader()).toMatchObject({
        version: 1,
        systemId: 137n,
        totalLength: 4701,
        totalEntries: 13n,
      })
      expect(await client.getEntry(0n)).toEqual(entries[0])
      expect(await client.getEntry(12n)).toEqual(entries[12])
      expect(await client.getEntry(13n)).toBeUndefined()
      expect(await client.getEntry(2n ** 64n - 1n)).toBeUndefined()
      expect(await client.getFirstEventAfterBookmark(hex('000000000000000001'))).toEqual(entries[5])
      expect(await client.getFirstEventAfterBookmark(hex('eeeeeeeeeeeeeeeeee'))).toBeUndefined()
    })

    test('streams, operation boundaries asked for or not', async () => {
      const { entries } = recordedStream()
      await using peer = await replay(version)
      await using client = new StreamClient(near(peer))
      expect(plain(await collect(client.entries({ follow: false })))).toEqual(entries)
      const events = await collect(client.events({ from: 6n, follow: false, boundaries: true }))
      expect(events[0]).toMatchObject({ kind: 'connected', boundaries: false })
      expect(plain(events.flatMap((e) => (e.kind === 'entries' ? e.entries : [])))).toEqual(entries.slice(6))
    })

    test('streams from every bookmark', async () => {
      const { bookmarks, entries } = recordedStream()
      await using peer = await replay(version)
      await using client = new StreamClient(near(peer))
      for (const [bookmark, number] of Object.entries(bookmarks)) {
        const from = { bookmark: hex(bookmark) }
        expect(plain(await collect(client.entries({ from, follow: false })))).toEqual(entries.slice(number))
      }
    })

    test('ranges, also on a server that does not know the command', async () => {
      const { entries } = recordedStream()
      await using peer = await replay(version)
      await using client = new StreamClient(near(peer, { responseTimeoutMs: 200 }))
      const [first, last] = [hex('000000000000000000'), hex('000000000000000003')]
      expect(plain(await collect(client.getRange(first, last)))).toEqual(entries)
      expect(await failure(collect(client.getRange(last, hex('020000000000000001'))))).toMatchObject({
        code: 'TO_NOT_FOUND',
      })
    })
  })
})

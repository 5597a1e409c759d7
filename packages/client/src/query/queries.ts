import { type Entry, type Header, NOT_FOUND_TYPE } from '@datastreamer/format'
import { type Channel, unexpected } from '../connection/channel.ts'
import { ProtocolError } from '../errors.ts'

/** Ask for the header. docs/spec/protocol.md §3. */
export async function requestHeader(channel: Channel): Promise<Header> {
  await channel.request({ name: 'header' })
  const packet = await channel.answer()
  if (packet.packet !== 'header') throw unexpected(packet, 'the header')
  return packet.header
}

/** Ask for an entry by number; `undefined` if the stream does not have it. docs/spec/protocol.md §3. */
export async function requestEntry(channel: Channel, entryNumber: bigint): Promise<Entry | undefined> {
  await channel.request({ name: 'entry', entryNumber })
  const entry = await response(channel)
  if (entry !== undefined && entry.number !== entryNumber) {
    throw new ProtocolError('UNEXPECTED_PACKET', `the server sent entry ${entry.number}, asked for ${entryNumber}`)
  }
  return entry
}

/** Ask for the first entry after a bookmark that is none itself; `undefined` if there is none. docs/spec/protocol.md §3. */
export async function requestBookmark(channel: Channel, bookmark: Uint8Array): Promise<Entry | undefined> {
  await channel.request({ name: 'bookmark', bookmark })
  return response(channel)
}

async function response(channel: Channel): Promise<Entry | undefined> {
  const packet = await channel.answer()
  if (packet.packet !== 'response') throw unexpected(packet, 'an entry that answers')
  const { entry } = packet
  return entry.type === NOT_FOUND_TYPE && entry.number === 0n && entry.data.length === 0 ? undefined : entry
}

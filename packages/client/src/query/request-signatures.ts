import type { SignedDigest } from '@datastreamer/format'
import { type Channel, unexpected } from '../connection/channel.ts'
import { ProtocolError, ServerRefusedError, UnsignedStreamError } from '../errors.ts'

/** Connections on which the server has said that it has signatures. */
const GRANTED = new WeakSet<Channel>()
/** Signatures that one place may have. */
const MOST_SIGNATURES = 16

/**
 * The signatures of the first signed place after an entry, one of each key; empty if there is none. docs/spec/protocol.md §12.
 *
 * @throws {UnsignedStreamError} `NOT_SIGNED` @throws {ConnectionError | ProtocolError | ServerRefusedError}
 */
export async function requestSignatures(channel: Channel, entryNumber: bigint): Promise<readonly SignedDigest[]> {
  try {
    if (!GRANTED.has(channel)) await channel.request({ name: 'signatures' })
    GRANTED.add(channel)
  } catch (cause) {
    if (!(cause instanceof ServerRefusedError)) throw cause
    throw new UnsignedStreamError('NOT_SIGNED', `the server has no signatures: ${cause.message}`, { cause })
  }
  await channel.request({ name: 'signatureAfter', entryNumber })
  const signed: SignedDigest[] = []
  for (;;) {
    const packet = await channel.answer()
    if (packet.packet !== 'runningDigest') throw unexpected(packet, 'a signature')
    const { signature, ...digest } = packet.runningDigest
    if (signature === undefined) return signed
    if (signed.length >= MOST_SIGNATURES) {
      throw new ProtocolError(
        'UNEXPECTED_PACKET',
        `the server sent more than ${MOST_SIGNATURES} signatures of one place`,
      )
    }
    signed.push({ ...digest, signature })
  }
}

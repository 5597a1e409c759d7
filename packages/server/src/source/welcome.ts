import { createHash, timingSafeEqual } from 'node:crypto'
import { encodeEntry } from '@datastreamer/format'
import {
  decodeSourceMessage,
  type OtherHello,
  SOURCE_DIGEST_BYTES,
  SOURCE_PROTOCOL_VERSION,
  type SourceAnswer,
  type SourceMessage,
} from '@datastreamer/format/source'
import type { StreamStore } from '@datastreamer/store'
import { RejectedError, SourceProtocolError } from './fault.ts'
import type { SourceContext } from './source-options.ts'

type Hello = Extract<SourceMessage, { readonly name: 'hello' }>

const HELLO_TYPE = 0x01

/**
 * Decode the first message of a source client: one that begins as another message is not waited for.
 *
 * @throws {SourceProtocolError} if it is no hello @throws {FormatError} if it is no message
 */
export function decodeHello(view: DataView, at: number): SourceMessage | undefined {
  const message = decodeSourceMessage(view, at)
  if (view.byteLength === at || view.getUint8(at) === HELLO_TYPE) return message
  throw new SourceProtocolError('BAD_STATE', `message type ${view.getUint8(at)} where a hello was expected`)
}

/**
 * The hello of a source client that may write.
 *
 * @throws {RejectedError} `WRONG_VERSION`, `UNAUTHORIZED`, `WRONG_STREAM_TYPE`, in this order
 * @see docs/spec/source-protocol.md §3
 */
export function checkHello(hello: Hello | OtherHello, { token, store }: SourceContext): Hello {
  if (hello.name === 'otherHello') {
    const message = `version ${hello.version} of the protocol, expected ${SOURCE_PROTOCOL_VERSION}`
    throw new RejectedError('WRONG_VERSION', message)
  }
  if (token !== undefined && !sameBytes(hello.token, Buffer.from(token))) {
    throw new RejectedError('UNAUTHORIZED', hello.token.length === 0 ? 'a token is asked for' : 'the token is wrong')
  }
  const { streamType } = store.getHeader()
  if (hello.streamType !== streamType) {
    throw new RejectedError('WRONG_STREAM_TYPE', `stream type ${hello.streamType}, expected ${streamType}`)
  }
  return hello
}

/**
 * How far the stream is, for a source client that may write: that has to be final.
 *
 * @param nextEntry how far the source client knows the stream
 * @throws {RejectedError} `ENTRIES_MISSING` if the stream is shorter than that
 * @throws {DiskError} `STORE_BROKEN` if it is not known @throws what reading the last entry throws
 */
export async function welcome(
  store: StreamStore,
  idleTimeoutMs: number,
  nextEntry: bigint,
): Promise<Extract<SourceAnswer, { readonly name: 'welcome' }>> {
  for (;;) {
    if (store.broken !== undefined) throw store.broken
    const header = store.getHeader()
    const { totalEntries } = header
    const last = totalEntries === 0n ? undefined : await store.getEntry(totalEntries - 1n)
    // Others of this process may write too.
    if (store.getHeader() !== header) continue
    if (nextEntry > totalEntries) {
      const message = `the source knows of ${nextEntry} entries, the stream has ${totalEntries}`
      throw new RejectedError('ENTRIES_MISSING', message)
    }
    const digest = last === undefined ? new Uint8Array(SOURCE_DIGEST_BYTES) : sha256(encodeEntry(last))
    return { name: 'welcome', idleTimeoutMs, digest, header }
  }
}

/** Compare in a time that does not depend on where two texts differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest())
}

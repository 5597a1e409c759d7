import { StreamClient } from '@datastreamer/client'
import type { Header } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import type { PassedSignatures } from '@datastreamer/service/stream'
import type { StreamStore } from '@datastreamer/store'
import { Boundaries } from '../boundaries/boundaries.ts'
import { sequencerBoundariesBefore } from '../boundaries/boundaries-before.ts'
import { clientOptions, streamOf, type Upstream, type UpstreamLimits } from '../upstream/upstream.ts'
import { fetchSignatures } from './fetch-signatures.ts'
import type { Report } from './follow-event.ts'
import { OperationWriter } from './operation-writer.ts'

export interface FollowOnceOptions {
  readonly store: StreamStore
  readonly upstream: Upstream
  readonly limits: UpstreamLimits
  /** Whether to ask for operation boundaries and compression. */
  readonly extensions: boolean
  /** Time between two polls of the upstream's header. */
  readonly watchIntervalMs: number
  readonly report: Report
  /** What signatures are passed on to, if they are. */
  readonly signatures?: PassedSignatures | undefined
}

/**
 * Follow one upstream over one connection, from where the file ends, until the connection does.
 *
 * Always throws; by then all that was committed is in the file and the rest is forgotten.
 *
 * @throws {TruncatedError} if it is not a continuation of the file
 * @throws {StreamChangedError} if it is another stream
 * @throws {ConnectionError | ProtocolError | ServerRefusedError} if the connection ends
 * @throws {DiskError | RefusedError} if the file cannot be written
 * @throws the signal's reason
 */
export async function followOnce(options: FollowOnceOptions, signal: AbortSignal): Promise<never> {
  const { store, upstream, limits, extensions } = options
  const asked = extensions ? limits : { ...limits, compression: false }
  await using client = new StreamClient(clientOptions(upstream, asked, streamOf(store)))
  const failed = new AbortController()
  const writer = new OperationWriter(store, (error) => failed.abort(error))
  try {
    await receive(options, client, writer, AbortSignal.any([signal, failed.signal]))
  } catch (error) {
    await writer.finish()
    throw error
  }
  throw new TypeError(`the stream of ${upstream.name} ended without an error`)
}

async function receive(
  { store, extensions, upstream, limits, watchIntervalMs, report, signatures }: FollowOnceOptions,
  client: StreamClient,
  writer: OperationWriter,
  signal: AbortSignal,
): Promise<void> {
  const { clock = systemClock } = limits
  const header = store.getHeader()
  const last = header.totalEntries === 0n ? undefined : await store.getEntry(header.totalEntries - 1n)
  const boundaries = new Boundaries(await sequencerBoundariesBefore(store, header.totalEntries))
  let next = header.totalEntries
  const headers = {
    intervalMs: watchIntervalMs,
    urgent: () => boundaries.guessing && writer.isOpen,
    onHeader: (seen: Header) => {
      if (boundaries.header(seen.totalEntries, next)) writer.commit()
      report({ event: 'header', header: seen })
    },
  }
  const from = last === undefined ? 0n : { after: last }
  const verifyHead = extensions ? undefined : true
  const asked = { boundaries: extensions, signatures: extensions && signatures !== undefined }
  for await (const event of client.events({ from, ...asked, verifyHead, headers, signal })) {
    switch (event.kind) {
      case 'history':
        boundaries.connect({ known: true, totalEntries: event.header.totalEntries })
        report({ event: 'history', upstream, header: event.header })
        break
      case 'connected':
        boundaries.connect({ known: event.boundaries, totalEntries: event.header.totalEntries })
        report({
          event: 'connected',
          upstream,
          header: event.header,
          boundaries: event.boundaries,
          compression: event.compression,
          signatures: event.signatures,
        })
        if (event.signatures && signatures !== undefined) fetchSignatures({ client, signatures, clock }, signal)
        break
      case 'entries':
        for (const { entries, atBoundary } of boundaries.split(event.entries)) {
          writer.add(entries)
          if (atBoundary) writer.commit()
        }
        next += BigInt(event.entries.length)
        report({ event: 'received', entries: event.entries.length })
        break
      case 'signed':
        signatures?.add(event)
        break
      case 'operationBoundary':
        if (boundaries.received(event)) writer.commit()
        break
    }
    await writer.ready()
  }
}

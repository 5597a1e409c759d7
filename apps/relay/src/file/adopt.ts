import type { StreamClient } from '@datastreamer/client'
import {
  decodeHeaderPage,
  encodeHeaderEntry,
  HEADER_PAGE_BYTES,
  type Header,
  headerEntryOffset,
} from '@datastreamer/format'
import { nodeDisk, openLocked, type StreamStore, writeAll } from '@datastreamer/store'
import { DivergedError } from '../errors.ts'
import { countCommonEntries } from '../truncate/common-entries.ts'

/** What the Go relay writes into every file that it makes, whatever its upstream says. */
const GO_RELAY = { generation: 3, version: 1, systemId: 137n } as const

/** Whether a file's header may be one that the Go relay made up. */
export function mayBeOfGoRelay({ generation, version, systemId }: Header): boolean {
  return generation === GO_RELAY.generation && version === GO_RELAY.version && systemId === GO_RELAY.systemId
}

/** Whether two headers name the same stream. */
export function isSameStream(a: Header, b: Header): boolean {
  return a.version === b.version && a.systemId === b.systemId && a.streamType === b.streamType
}

/**
 * See whether a file is a copy of the upstream's stream, made by the Go relay, that differs from it in the header only.
 *
 * @throws {DivergedError} `COPY_DIFFERS`
 */
export async function checkCopy(client: StreamClient, store: StreamStore, signal: AbortSignal): Promise<void> {
  const { totalEntries } = store.getHeader()
  const common = await countCommonEntries(client, store, signal)
  if (common === totalEntries) return
  const message =
    `${store.log.path} has version 1 and system id 137, as the Go relay writes them, ` +
    `but is no copy of the upstream's stream: they part at entry ${common} of ${totalEntries}`
  throw new DivergedError('COPY_DIFFERS', message)
}

/**
 * Write another version and system id into the header of a file that nobody has open.
 *
 * @param header as the file had it when it was last seen: one that has moved since is not written over
 * @throws {DivergedError} `COPY_DIFFERS`
 */
export async function rewriteIdentity(path: string, header: Header, { version, systemId }: Header): Promise<void> {
  const { file } = await openLocked(nodeDisk, path, 'write')
  try {
    const page = new Uint8Array(HEADER_PAGE_BYTES)
    const found = decodeHeaderPage(page.subarray(0, await file.read(page, 0)))
    if (found.totalLength !== header.totalLength || found.totalEntries !== header.totalEntries) {
      throw new DivergedError('COPY_DIFFERS', `${path} was written by another program since it was compared`)
    }
    const bytes = encodeHeaderEntry({ ...found, version, systemId })
    await writeAll(file, [bytes], headerEntryOffset(header.generation))
    await file.sync()
  } finally {
    await file.close()
  }
}

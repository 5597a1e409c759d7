import { extname, resolve } from 'node:path'
import type { Header } from '@datastreamer/format'
import { nodeDisk, RefusedError, type StreamStore } from '@datastreamer/store'
import { lastForeignBoundary } from '../boundaries/last-boundary.ts'
import { type FirstUpstreamOptions, withAnyUpstream, withFirstUpstream } from '../upstream/first-upstream.ts'
import { checkCopy, isSameStream, mayBeOfGoRelay, rewriteIdentity } from './adopt.ts'

/** What a stream is; what is left out is taken from the file. */
export interface FileIdentity {
  readonly streamType: bigint
  readonly systemId?: bigint | undefined
  readonly version?: number | undefined
}

export interface OpenFileOptions extends FirstUpstreamOptions {
  readonly file: string
  /** Make nothing: refuse a file that is not there. */
  readonly mustExist: boolean
  readonly openStore: (identity: FileIdentity) => Promise<StreamStore>
  /** Notified when a file gets the header of an upstream instead of one that a Go relay made up. */
  readonly onNewIdentity?: ((header: Header) => void) | undefined
}

/** The Go relay adds `.bin` to a name without an extension. */
export async function fileName(name: string): Promise<string> {
  return extname(name) === '' && !(await nodeDisk.exists(name)) ? `${name}.bin` : name
}

/**
 * Open the relay's file. One that is not there is made as soon as an upstream says what stream it has; one that the Go
 * relay made gets the upstream's version and system id instead of those that it makes up, and so does one that was made
 * downstream of a Go relay, if an upstream is there. Any other is opened without asking anyone. So files that this relay made
 * are served also while no upstream is there.
 *
 * @throws the signal's reason; what opening throws
 */
export async function openFile(options: OpenFileOptions): Promise<StreamStore> {
  const { file, mustExist, streamType, openStore } = options
  if (!(await nodeDisk.exists(file))) {
    if (mustExist) {
      throw new RefusedError('FILE_NOT_FOUND', `${resolve(file)}: there is no such file, and --must-exist was given`)
    }
    const header = await withFirstUpstream(options, async (_client, found) => found)
    return openStore(identityOf(header))
  }
  const store = await openStore({ streamType })
  const header = store.getHeader()
  try {
    if (mayBeOfGoRelay(header)) {
      const ask = (await isOwn(store)) ? withAnyUpstream : withFirstUpstream
      const found = await ask(options, async (client, theirs) => {
        if (!isSameStream(header, theirs)) await checkCopy(client, store, options.signal)
        return theirs
      })
      if (found !== undefined && !isSameStream(header, found)) {
        await store.close()
        await rewriteIdentity(file, header, found)
        options.onNewIdentity?.(found)
        return await truncateToBoundary(await openStore(identityOf(found)))
      }
    }
    return await truncateToBoundary(store)
  } catch (error) {
    await store.discard()
    throw error
  }
}

function identityOf({ streamType, systemId, version }: Header): FileIdentity {
  return { streamType, systemId, version }
}

/** Another program may have left the file inside an operation: truncate it to where one ended. */
async function truncateToBoundary(store: StreamStore): Promise<StreamStore> {
  const { totalEntries } = store.getHeader()
  const end = await lastForeignBoundary(store, totalEntries)
  if (end !== undefined && end < totalEntries) await store.truncateFile(end)
  return store
}

/** Whether this relay wrote the file from its beginning: it then has the header that the upstream had. */
async function isOwn(store: StreamStore): Promise<boolean> {
  return store.getHeader().totalEntries > 0n && (await store.operationBoundaries.isKnownAt(Number(store.firstEntry)))
}

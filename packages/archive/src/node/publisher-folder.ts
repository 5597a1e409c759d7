import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { folderObjects, lockFolder } from '@datastreamer/e2store/node'
import { concatBytes } from '@datastreamer/format'
import { PublishError } from '../publish/publish-error.ts'
import type { PublisherState } from '../publish/publisher-state.ts'

/** A publisher's state in a folder. Disposing of it gives up the lock. */
export interface PublisherFolder extends PublisherState, AsyncDisposable {}

/** What a folder does not keep of an object. */
const KEPT = { kind: 'mutable', cacheControl: '', contentType: '' } as const

/**
 * Open the folder that a publisher keeps its state in, made if absent, for this process alone.
 *
 * @throws {PublishError} `STATE_IN_USE`
 */
export async function openPublisherState(folder: string): Promise<PublisherFolder> {
  await mkdir(folder, { recursive: true })
  const lock = await lockFolder(folder, 'publisher')
  if (lock === undefined) throw new PublishError('STATE_IN_USE', `${folder}: another publisher has this state`)
  const files = folderObjects(folder)
  return {
    read: (name) => files.get(name, { maxBytes: Number.MAX_SAFE_INTEGER }),
    write: (name, chunks) => files.put(name, concatBytes(chunks), KEPT),
    remove: (name) => rm(join(folder, name), { force: true }),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  }
}

import { nodeDisk } from '../disk/node-disk.ts'
import { readHeader } from '../log/header-page.ts'
import { checkName } from '../log/paths.ts'
import { recoverFiles, settleEnd } from '../recovery/recover-files.ts'
import { StateOfStore } from '../write/store-state.ts'
import { assembleStore } from './assemble.ts'
import { Made } from './made.ts'
import { type Opening, openFiles } from './open-files.ts'
import { serveOnlyIfFull } from './serve-only.ts'
import type { StoreOptions } from './store-options.ts'
import type { StreamStore } from './stream-store.ts'

/**
 * Open a stream file for writing, made if absent, and recover it: finish what a crash interrupted, take over what another
 * program wrote, bring the index up to date.
 *
 * @param file the stream file, or all options with it
 * @throws {TypeError} if no path is given
 * @throws {LockedError} if another store has the file open
 * @throws {RefusedError} `NOT_A_FILE`, `LEADS_NOWHERE`; `FILE_NOT_FOUND` if it had to exist
 * @throws {DamageError} if the file is not a stream, or its header does not match its entries
 * @throws {RefusedError} `STREAM_DIFFERS` if it holds another version or system than requested
 * @see docs/spec/stream-file.md
 */
export async function openStore(
  file: string | StoreOptions,
  others: Omit<StoreOptions, 'file'> = {},
): Promise<StreamStore> {
  const options = typeof file === 'object' ? file : { ...others, file }
  checkName(options.file)
  const opening: Opening = { disk: options.disk ?? nodeDisk, made: new Made(), opened: [], locked: undefined }
  try {
    return await open(options, opening)
  } catch (error) {
    await Promise.allSettled(opening.opened.reverse().map((resource) => resource.close()))
    await opening.made.undo()
    await opening.locked?.close().catch(() => undefined)
    throw error
  }
}

async function open(options: StoreOptions, opening: Opening): Promise<StreamStore> {
  let markRecovered = (): void => {}
  const recovered = new Promise<void>((resolve) => {
    markRecovered = resolve
  })
  const { header, ...files } = await openFiles(options, opening, recovered)
  const { file, path, index, firstRecovery, clock } = files
  const state = new StateOfStore(clock)
  await serveOnlyIfFull(state, async () => {
    await recoverFiles({ ...files, header, indexedEntries: firstRecovery.indexedEntries })
    await index.writable()
    await firstRecovery.finish()
  })
  if (state.broken !== undefined) await settleEnd({ ...files, header: await readHeader(file, path, options) })
  markRecovered()
  return assembleStore(files, state, opening.made, options)
}

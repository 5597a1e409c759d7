import { writeFileSync } from 'node:fs'
import { folderLocation } from '@datastreamer/e2store/node'
import { type HistoryOptions, type OpenHistory, openHistory } from '@datastreamer/era-history'
import { tempDir } from '@datastreamer/fixtures'

/** A history over files of a temporary folder, which is removed with it. */
export interface FolderHistory extends AsyncDisposable {
  readonly history: OpenHistory
}

/** Contents of files by their names. */
export type Files = Readonly<Record<string, Uint8Array>>

/** Write files and open them as a history. */
export async function folderHistory(files: Files, options: HistoryOptions = {}): Promise<FolderHistory> {
  const dir = tempDir()
  for (const [name, bytes] of Object.entries(files)) writeFileSync(dir.join(name), bytes)
  const location = folderLocation(dir.path)
  const history = await openHistory([location], { threads: 1, ...options })
  return {
    history,
    async [Symbol.asyncDispose]() {
      await history[Symbol.asyncDispose]()
      await location[Symbol.asyncDispose]()
      dir[Symbol.dispose]()
    },
  }
}

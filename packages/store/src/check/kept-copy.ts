import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { messageOf } from '../disk/message-of.ts'
import { RecoveryError } from './errors.ts'

export interface KeptCopy {
  /** First half of the name of the copy; the position follows. */
  readonly name: string
  /** Position of the first byte that is kept. */
  readonly position: number
  readonly length: number
}

const COPY_BYTES = 1_048_576

/**
 * Copy the header page and bytes that are about to be removed into a new file, durably.
 *
 * @returns the path of the copy
 * @throws {RecoveryError} `NOT_KEPT` if it cannot be written; an incomplete copy is removed
 */
export async function keepCopy({ name, position, length }: KeptCopy, disk: Disk, from: DiskFile): Promise<string> {
  const copy = await freeName(disk, `${name}-${position}`)
  try {
    const into = await disk.open(copy, 'create')
    try {
      const headerPage = new Uint8Array(HEADER_PAGE_BYTES)
      headerPage.set(await readExactly(from, 0, Math.min(HEADER_PAGE_BYTES, await from.size())))
      await writeAll(into, [headerPage], 0)
      for (let done = 0; done < length; done += COPY_BYTES) {
        const bytes = await readExactly(from, position + done, Math.min(COPY_BYTES, length - done))
        await writeAll(into, [bytes], HEADER_PAGE_BYTES + done)
      }
      await into.sync()
    } finally {
      await into.close()
    }
    await disk.syncFolderOf(copy)
    return copy
  } catch (cause) {
    await disk.remove(copy).catch(() => undefined)
    const message = `no copy of what is to be removed can be kept in ${copy}: ${messageOf(cause)}; nothing was removed`
    throw new RecoveryError('NOT_KEPT', message, { cause })
  }
}

async function freeName(disk: Disk, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!(await disk.exists(candidate))) return candidate
  }
}

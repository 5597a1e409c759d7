import type { ByteSink } from '../io/byte-sink.ts'
import { copyRange } from '../io/copy.ts'
import type { EraFile } from './era-file.ts'
import type { EraGroup } from './group.ts'

/**
 * Write one group of a file as a file of its own, byte for byte: the offsets in its indices are relative.
 *
 * @see docs/spec/e2store.md §7.5
 */
export async function writeGroup(file: EraFile, { start, end }: EraGroup, sink: ByteSink): Promise<void> {
  await copyRange(file.source, start, end, sink)
}

/**
 * Write the eras of several files as one file, in order.
 *
 * @throws {RangeError} an era does not follow the one before it
 * @see docs/spec/e2store.md §7.5
 */
export async function mergeEras(files: Iterable<EraFile>, sink: ByteSink): Promise<void> {
  const all = Array.from(files).flatMap((file) => file.groups.map((group) => ({ file, group })))
  for (const [i, { group }] of all.entries()) {
    const before = all[i - 1]?.group.era
    if (before !== undefined && group.era !== before + 1n) {
      throw new RangeError(`era ${group.era} after era ${before}: expected consecutive eras`)
    }
  }
  for (const { file, group } of all) await writeGroup(file, group, sink)
}

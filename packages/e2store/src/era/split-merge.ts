import { encodeSlotIndex } from '../index-records/slot-index.ts'
import type { ByteSink } from '../io/byte-sink.ts'
import { copyRange } from '../io/copy.ts'
import { findEmptyMarks } from './empty-marks.ts'
import type { EraFile } from './era-file.ts'
import type { EraGroup } from './group.ts'

/**
 * Write one group of a file as a file of its own, byte for byte: the offsets in its indices are relative. Only empty slots
 * that its index marks by a position outside the group get offset 0 instead, since that position does not come along.
 *
 * @returns how many entries of the index were rewritten
 * @see docs/spec/e2store.md §7.5
 */
export async function writeGroup(file: EraFile, group: EraGroup, sink: ByteSink): Promise<number> {
  const { start, end, contentEnd, stateIndexPosition } = group
  const index = await file.blockIndex(group)
  const { other } = findEmptyMarks(index, group)
  if (index === undefined || other.length === 0) {
    await copyRange(file.source, start, end, sink)
    return 0
  }
  const lost = new Set(other)
  const targets = Array.from({ length: index.count }, (_, i) => (lost.has(i) ? undefined : index.pointed(i)))
  await copyRange(file.source, start, contentEnd, sink)
  await sink.write(encodeSlotIndex({ position: index.position, start: index.start, targets }))
  await copyRange(file.source, stateIndexPosition, end, sink)
  return other.length
}

/**
 * Write the eras of several files as one file, in order, each as {@link writeGroup} does.
 *
 * @returns how many entries of indices were rewritten
 * @throws {RangeError} an era does not follow the one before it
 * @see docs/spec/e2store.md §7.5
 */
export async function mergeEras(files: Iterable<EraFile>, sink: ByteSink): Promise<number> {
  const all = Array.from(files).flatMap((file) => file.groups.map((group) => ({ file, group })))
  for (const [i, { group }] of all.entries()) {
    const before = all[i - 1]?.group.era
    if (before !== undefined && group.era !== before + 1n) {
      throw new RangeError(`era ${group.era} after era ${before}: expected consecutive eras`)
    }
  }
  let rewritten = 0
  for (const { file, group } of all) rewritten += await writeGroup(file, group, sink)
  return rewritten
}

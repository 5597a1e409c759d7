import type { RestoreTarget } from '@datastreamer/archive'
import type { StreamStore } from '@datastreamer/store'
import { entriesOf } from '../source/file-source.ts'

/** A store that an archive is written into. */
export function storeTarget(store: StreamStore): RestoreTarget {
  return {
    name: store.log.path,
    getHeader: () => store.getHeader(),
    async *batches({ to, signal } = {}) {
      for (let place = await store.log.locate(0); place.number <= Number(to); ) {
        signal?.throwIfAborted()
        const run = store.log.runInMemory(place) ?? (await store.log.runOnDisk(place))
        if (run === undefined) return
        yield entriesOf(run.bytes).filter(({ number }) => number <= Number(to))
        place = run.next
      }
    },
    startAtomicOp: () => store.startAtomicOp(),
    addStreamEntry: (type, data) => store.addStreamEntry(type, data),
    commitAtomicOp: () => store.commitAtomicOp(),
    rollbackAtomicOp: () => store.rollbackAtomicOp(),
    writable: () => store.writable(),
  }
}

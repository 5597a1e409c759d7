import { commitLogPath, openStore, type StoreEvent, type StreamStore } from '../src/index.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

/** Where it is. */
export const FILE = '/stream.bin'

/** A stream on a simulated disk, written by our store and by a program that ignores the commit log. */
export class SharedStream {
  readonly disk = new SimDisk(randomFrom(1))
  readonly #index = new SimIndex()
  /** Events of the last opening, except for the index. */
  events: StoreEvent[] = []

  async open(fsync: 'commit' | 'interval' = 'commit'): Promise<StreamStore> {
    this.events = []
    const onEvent = (event: StoreEvent): void => {
      if (event.event !== 'indexed') this.events.push(event)
    }
    return openStore({ file: FILE, disk: this.disk, index: this.#index, fsync, onEvent })
  }

  async write(work: (store: StreamStore) => Promise<void>): Promise<void> {
    await using store = await this.open()
    await work(store)
  }

  /** The other program leaves the commit log as it is. */
  async writeElsewhere(work: (store: StreamStore) => Promise<void>): Promise<void> {
    const path = commitLogPath(FILE)
    const log = this.commitLog()
    await this.disk.remove(path)
    await this.write(work)
    this.disk.put(path, log)
  }

  /** The bytes of the commit log after its checkpoints. */
  records(): Uint8Array {
    return this.commitLog().subarray(4096)
  }

  commitLog(): Uint8Array {
    const content = this.disk.contentOf(commitLogPath(FILE))
    const bytes = new Uint8Array(content?.size ?? 0)
    content?.read(bytes, 0)
    return bytes
  }
}

/** Commit entries of 20 bytes, each of which is `byte`, as one operation. */
export async function commit(store: StreamStore, entries: number, byte: number): Promise<void> {
  store.startAtomicOp()
  for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(20).fill(byte))
  await store.commitAtomicOp()
}

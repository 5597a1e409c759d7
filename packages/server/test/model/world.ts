import { tempDir } from '@datastreamer/fixtures'
import { openReader } from '../../src/reader/open-reader.ts'
import type { StreamReader } from '../../src/reader/stream-reader.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { randomFrom } from '../sim/random.ts'
import { SimDisk } from '../sim/sim-disk.ts'
import { SimIndex } from '../sim/sim-index.ts'

/** Where a store lives: it can be opened again and again, and read beside. */
export interface World extends AsyncDisposable {
  store: StreamStore
  /** What commits that were not waited for came to, and what they should have. */
  readonly answers: { readonly got: Promise<unknown>; readonly expected: unknown }[]
  open(): Promise<StreamStore>
  openBeside(): Promise<StreamReader>
}

/** Small limits, so that operations spill and pages are forgotten. */
const LIMITS = { spillBytes: 1_200_000, tailPages: 1, streamType: 1n } as const

/** A store in memory. */
export async function simulatedWorld(): Promise<World> {
  const disk = new SimDisk(randomFrom(1))
  const index = new SimIndex()
  const file = '/sim/data-stream.bin'
  const open = (): Promise<StreamStore> => openStore({ ...LIMITS, file, fsync: 'never', disk, index })
  const store = await open()
  return {
    store,
    answers: [],
    open,
    openBeside: () => openReader({ file, disk }),
    async [Symbol.asyncDispose]() {
      await this.store.close()
    },
  }
}

/** A store on the machine's disk, with its LevelDB. */
export async function realWorld(): Promise<World> {
  const dir = tempDir()
  const file = dir.join('data-stream.bin')
  const open = (): Promise<StreamStore> => openStore({ ...LIMITS, file, fsync: 'interval', fsyncIntervalMs: 2 })
  const store = await open()
  return {
    store,
    answers: [],
    open,
    openBeside: () => openReader({ file }),
    async [Symbol.asyncDispose]() {
      await this.store.close()
      dir[Symbol.dispose]()
    },
  }
}

import { tempDir } from '@datastreamer/fixtures'
import type { StreamReader } from '../../src/lookup/stream-reader.ts'
import { openReader } from '../../src/reader/open-reader.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { randomFrom } from '../sim/random.ts'
import { SimDisk } from '../sim/sim-disk.ts'
import { SimIndex } from '../sim/sim-index.ts'

/** What a world is built from. */
interface WorldParts {
  readonly open: () => Promise<StreamStore>
  readonly openBeside: () => Promise<StreamReader>
  readonly remove: () => void
}

/** The surroundings of a store: it can be reopened, and its file read by others. */
export class World implements AsyncDisposable {
  store: StreamStore
  /** Results of commits that were not awaited, and the expected ones. */
  readonly answers: { readonly got: Promise<unknown>; readonly expected: unknown }[] = []
  readonly #parts: WorldParts

  private constructor(parts: WorldParts, store: StreamStore) {
    this.#parts = parts
    this.store = store
  }

  static async begin(parts: WorldParts): Promise<World> {
    return new World(parts, await parts.open())
  }

  async open(): Promise<StreamStore> {
    return this.#parts.open()
  }

  async openBeside(): Promise<StreamReader> {
    return this.#parts.openBeside()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
    this.#parts.remove()
  }
}

/** Small limits, so that operations spill and pages are forgotten. */
const LIMITS = { spillBytes: 1_200_000, tailPages: 1, streamType: 1n } as const

/** A store in memory. */
export async function simulatedWorld(): Promise<World> {
  const disk = new SimDisk(randomFrom(1))
  const index = new SimIndex()
  const file = '/sim/data-stream.bin'
  return World.begin({
    open: () => openStore({ ...LIMITS, file, fileCheckMs: 0, fsync: 'never', disk, index }),
    openBeside: () => openReader({ file, disk }),
    remove: () => {},
  })
}

/** A store on the machine's disk, with its LevelDB. */
export async function realWorld(): Promise<World> {
  const dir = tempDir()
  const file = dir.join('data-stream.bin')
  return World.begin({
    open: () => openStore({ ...LIMITS, file, fsync: 'interval', fsyncIntervalMs: 2 }),
    openBeside: () => openReader({ file }),
    remove: () => dir[Symbol.dispose](),
  })
}

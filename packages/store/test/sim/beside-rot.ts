import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { DamageError } from '../../src/log/damage-error.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { damagesOf } from './check-store.ts'
import { headerIn } from './header-in.ts'
import { isInTheWay } from './planned.ts'
import type { Random } from './random.ts'
import type { Rotten } from './sim-content.ts'
import type { SimDisk } from './sim-disk.ts'

interface Beside {
  readonly disk: SimDisk
  readonly file: string
  readonly open: () => Promise<StreamStore>
  readonly random: Random
}

/** Number of updates and truncations to try. */
const CHANGES = 3

/**
 * Change bytes near a byte of a stream file that is known to have rotted, and check that it stays known: nothing may give it
 * a checksum that matches it.
 */
export async function changeBeside(rotten: Rotten, { disk, file, open, random }: Beside): Promise<void> {
  const { path, position, byte } = rotten
  if (path !== file || position < HEADER_PAGE_BYTES || (await damagesOf(disk, file)).length === 0) return
  try {
    const store = await open()
    for (let change = 0; change < CHANGES; change++) await asFarAsWhole(() => changeOne(store, random))
    await store.close()
  } catch (error) {
    if (!(error instanceof DamageError) && !isInTheWay(error)) throw error
  }
  const found = new Uint8Array(1)
  disk.contentOf(file)?.read(found, position)
  const isThere = found[0] === byte && position < (headerIn(disk, file)?.totalLength ?? 0)
  if (isThere && (await damagesOf(disk, file)).length === 0) {
    throw new Error(`byte ${position} has rotted, and after changes beside it nobody tells`)
  }
}

async function changeOne(store: StreamStore, random: Random): Promise<void> {
  const entries = Number(store.log.header.totalEntries)
  if (entries === store.log.firstEntry) return
  const at = BigInt(random.int(store.log.firstEntry, entries - 1))
  if (random.chance(0.3)) await store.truncateFile(at)
  else {
    const entry = await store.log.entry(at)
    if (entry !== undefined)
      await store.updateEntryData(
        at,
        entry.type,
        entry.data.map((each) => each ^ 0x55),
      )
  }
}

/** Changes of known damage may be refused. */
async function asFarAsWhole(change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof DamageError)) throw error
  }
}

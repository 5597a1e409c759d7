import { type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { DamageError } from '../log/damage-error.ts'
import {
  CHECKPOINT_MAGIC,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  SLOT_BYTES,
  SLOT_OFFSETS,
} from './checkpoint.ts'

/** The newer of the checkpoints that a commit log of `size` bytes holds. docs/spec/commit-log.md §2. */
export async function newestCheckpoint(file: DiskFile, size: number): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined
  for (const offset of SLOT_OFFSETS) {
    if (size < offset + SLOT_BYTES) continue
    const slot = decodeCheckpoint(await readExactly(file, offset, SLOT_BYTES))
    if (slot !== undefined && (newest === undefined || slot.sequence > newest.sequence)) newest = slot
  }
  return newest
}

/** Write a checkpoint into its slot, which is not that of the one before it. */
export async function writeSlot(file: DiskFile, checkpoint: Checkpoint): Promise<void> {
  await writeAll(file, [encodeCheckpoint(checkpoint)], SLOT_OFFSETS[checkpoint.sequence % 2] as number)
}

/**
 * A file without a checkpoint is new, or a crash has spoilt both slots, which leaves some of what was written; one of
 * another kind is not written over.
 *
 * @throws {DamageError} `BAD_MAGIC`
 */
export async function mustBeCommitLog(file: DiskFile, path: string): Promise<void> {
  const found = new Uint8Array(CHECKPOINT_MAGIC.length)
  const got = await file.read(found, 0)
  if (found.subarray(0, got).every((byte, i) => byte === 0 || byte === CHECKPOINT_MAGIC[i])) return
  throw new DamageError('BAD_MAGIC', 'no commit log, though it has the name of one: move it away', {
    file: path,
    position: 0,
  })
}

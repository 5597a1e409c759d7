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

/** The newer of the checkpoints in a commit log of `size` bytes. docs/spec/commit-log.md §2. */
export async function newestCheckpoint(file: DiskFile, size: number): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined
  for (const offset of SLOT_OFFSETS) {
    if (size < offset + SLOT_BYTES) continue
    const slot = decodeCheckpoint(await readExactly(file, offset, SLOT_BYTES))
    if (slot !== undefined && (newest === undefined || slot.sequence > newest.sequence)) newest = slot
  }
  return newest
}

/** Whether a commit log of `size` bytes still has the checkpoint `sequence`, or the one before it: one of the two may have rotted. */
export async function hasCheckpoint(file: DiskFile, size: number, sequence: number): Promise<boolean> {
  return ((await newestCheckpoint(file, size))?.sequence ?? 0) >= Math.max(1, sequence - 1)
}

/** Write a checkpoint into its slot, which is not that of its predecessor. */
export async function writeSlot(file: DiskFile, checkpoint: Checkpoint): Promise<void> {
  await writeAll(file, [encodeCheckpoint(checkpoint)], SLOT_OFFSETS[checkpoint.sequence % 2] as number)
}

/**
 * Check that a file without a checkpoint is a commit log: a new one, or one of which a crash has spoilt both slots. A file of
 * another kind must not be overwritten.
 *
 * @throws {DamageError} `BAD_MAGIC`
 */
export async function mustBeCommitLog(file: DiskFile, path: string): Promise<void> {
  const found = new Uint8Array(CHECKPOINT_MAGIC.length)
  const got = await file.read(found, 0)
  if (found.subarray(0, got).every((byte, i) => byte === 0 || byte === CHECKPOINT_MAGIC[i])) return
  throw new DamageError('BAD_MAGIC', 'not a commit log, though it has the name of one: move it away', {
    file: path,
    position: 0,
  })
}

import { checksumOfFile } from '../commit-log/checksum-of-file.ts'
import type { CommitRecord } from '../commit-log/commit-record.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { readEnd } from '../log/read-end.ts'
import type { RecoveryInput } from './recovery-input.ts'

/** Why the log cannot end at a point; `undefined` if it can. */
export async function damageAt(
  { writable, path }: RecoveryInput,
  point: CommitPoint,
): Promise<DamageError | undefined> {
  try {
    await readEnd(writable.file, path, point, writable.base)
    return undefined
  } catch (error) {
    if (error instanceof DamageError) return error
    throw error
  }
}

/**
 * Whether the bytes of a record are those that were committed.
 *
 * What another program wrote was made durable before anything was written after it. Only its end can be checked; likewise if
 * it is unknown where the record begins.
 */
export async function isWhole(
  input: RecoveryInput,
  record: CommitRecord,
  before: CommitPoint | undefined,
): Promise<boolean> {
  if (record.checksum === 0 || before === undefined) return (await damageAt(input, record)) === undefined
  return record.checksum === (await checksumOfFile(input.writable, before.totalLength, record.totalLength))
}

import { DiskError, RefusedError } from '../../src/disk/errors.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { CrashedError } from './sim-disk.ts'

/** Whether an error says that the store can no longer write. */
export function isBroken(store: StreamStore): boolean {
  try {
    store.startAtomicOp()
    store.rollbackAtomicOp()
    return false
  } catch {
    return true
  }
}

/** Whether the disk failed the open operation, or one before it. */
export function isFailedOperation(error: unknown): boolean {
  return error instanceof DiskError || (error instanceof RefusedError && error.code === 'ATOMIC_OP_FAILED')
}

/** Whether an error was caused by the plan. */
export function isPlanned(error: unknown): boolean {
  return error instanceof DiskError || (error instanceof Error && /simulated/.test(error.message))
}

/** Ignore errors that the plan caused. */
export function asPlanned(error: unknown): undefined {
  if (!(error instanceof CrashedError) && !isPlanned(error)) throw error
}

/** The rest of a file that was being made has changed. */
export function isInTheWay(error: unknown): boolean {
  return error instanceof RefusedError && error.code === 'IN_THE_WAY'
}

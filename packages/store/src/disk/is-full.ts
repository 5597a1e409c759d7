/** What LevelDB passes on of what the system said. */
const SAID_SO = /no space left on device|disk quota exceeded/i

/** Whether something failed since a disk, or the part of it that is ours, has no room. Causes count too. */
export function isFull(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, message, cause } = error as {
    readonly code?: unknown
    readonly message?: unknown
    readonly cause?: unknown
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return true
  return (code === 'LEVEL_IO_ERROR' && SAID_SO.test(String(message))) || isFull(cause)
}

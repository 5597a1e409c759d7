/** LevelDB passes on only the system's message. */
const FULL_MESSAGE = /no space left on device|disk quota exceeded/i

/** Whether an error, or one of its causes, says that the disk or the quota is full. */
export function isFull(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, message, cause } = error as {
    readonly code?: unknown
    readonly message?: unknown
    readonly cause?: unknown
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return true
  return (code === 'LEVEL_IO_ERROR' && FULL_MESSAGE.test(String(message))) || isFull(cause)
}

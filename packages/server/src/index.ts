export { DamageError, DiskError, LockedError, RefusedError } from './errors.ts'
export { StreamLog } from './log/stream-log.ts'

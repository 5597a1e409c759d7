import type { Header } from '@datastreamer/format'
import type { CommitLog } from '../commit-log/commit-log.ts'
import type { Disk } from '../disk/disk.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StoreEvent } from '../write/events.ts'

export interface RecoveryInput {
  readonly disk: Disk
  readonly path: string
  readonly writable: WritableFile
  readonly header: Header
  readonly commitLog: CommitLog
  readonly onEvent: (event: StoreEvent) => void
}

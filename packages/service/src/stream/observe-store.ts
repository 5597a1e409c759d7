import type { CommitGroup, Disk, DiskErrorCode, DiskFile, StoreEvent, StreamStore } from '@datastreamer/store'
import { Counter, Histogram, type Registry } from 'prom-client'
import { gauge, total } from '../metrics/instruments.ts'

/** Seconds: from what memory takes to what a busy disk takes. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Show what a store writes, and whether it can. @param store it, once it is open */
export function observeStore(registry: Registry, store: () => Pick<StreamStore, 'stats' | 'state'> | undefined): void {
  const stats = (): StreamStore['stats'] | undefined => store()?.stats
  const writable =
    'Whether the store takes commits: 0 from a failure of the disk on until the files have been opened anew'
  gauge(registry, 'datastreamer_store_writable', writable, () => (store()?.state.t === 'open' ? 1 : 0))
  total(registry, 'datastreamer_commits_total', 'Atomic operations that were committed', () => stats()?.commits ?? 0)
  const grouped = 'Groups of commits that were written together'
  total(registry, 'datastreamer_commit_groups_total', grouped, () => stats()?.groups ?? 0)
}

/** Shows how long commits take: what `onCommit` of a store is to be. */
export function commitTimer(registry: Registry): (group: CommitGroup) => void {
  const seconds = new Histogram({
    name: 'datastreamer_commit_seconds',
    help: 'Time from the call to commit until readers see it, of the longest in each group of commits',
    buckets: BUCKETS,
    registers: [registry],
  })
  return ({ waitedMs }) => seconds.observe(waitedMs / 1000)
}

/** A disk that shows how long its syncs take and how much is written to it. */
export function meteredDisk(registry: Registry, disk: Disk): Disk {
  const registers = [registry]
  const syncs = new Histogram({
    name: 'datastreamer_sync_seconds',
    help: 'Time that the disk took to make data durable',
    buckets: BUCKETS,
    registers,
  })
  const bytes = new Counter({ name: 'datastreamer_written_bytes_total', help: 'Bytes written to disk', registers })
  const metered = (file: DiskFile): DiskFile => ({
    read: (into, position) => file.read(into, position),
    async write(from, position) {
      const written = await file.write(from, position)
      bytes.inc(written)
      return written
    },
    async sync() {
      const done = syncs.startTimer()
      await file.sync()
      done()
    },
    free: (from, to) => file.free(from, to),
    resize: (size) => file.resize(size),
    size: () => file.size(),
    isAt: (path) => file.isAt(path),
    lock: () => file.lock(),
    close: () => file.close(),
  })
  return {
    open: async (path, mode) => metered(await disk.open(path, mode)),
    exists: (path) => disk.exists(path),
    namesBeside: (path) => disk.namesBeside(path),
    remove: (path) => disk.remove(path),
    rename: (from, to) => disk.rename(from, to),
    makeFoldersOf: (path) => disk.makeFoldersOf(path),
    removeFolder: (path) => disk.removeFolder(path),
    syncFolderOf: (path) => disk.syncFolderOf(path),
    bootId: () => disk.bootId(),
  }
}

/** Shown from the start: Prometheus takes the first value of a counter that appears later for where it began. */
const CODES: readonly DiskErrorCode[] = [
  'WRITE_FAILED',
  'OUTCOME_UNKNOWN',
  'STORE_BROKEN',
  'FILE_REPLACED',
  'FOREIGN_WRITER',
  'CANNOT_FREE',
]

/** Events of a store that count as errors. */
const ERRORS: ReadonlySet<StoreEvent['event']> = new Set(['write-failed', 'file-lost', 'broken', 'index-damaged'])

/** Counts errors by their code. */
export class ErrorCounter {
  readonly #counter: Counter<'code'>

  constructor(registry: Registry) {
    this.#counter = new Counter({
      name: 'datastreamer_errors_total',
      help: 'Errors of this side (not of clients), by code',
      labelNames: ['code'],
      registers: [registry],
    })
    for (const code of CODES) this.#counter.inc({ code }, 0)
  }

  count(error: unknown): void {
    const code = (error as { readonly code?: unknown } | undefined)?.code
    this.#counter.inc({ code: typeof code === 'string' ? code : 'UNKNOWN' })
  }

  /** Count an event of a store, if it is an error. */
  onStoreEvent(event: StoreEvent): void {
    if (ERRORS.has(event.event) && 'error' in event) this.count(event.error)
  }
}

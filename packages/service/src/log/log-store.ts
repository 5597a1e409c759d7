import type { StoreEvent } from '@datastreamer/server'
import type { Log } from './log.ts'

/** Write what happens to a store to the log. */
export function logStoreEvent(log: Log, event: StoreEvent): void {
  switch (event.event) {
    case 'created':
      log.info('file-created', `made ${event.file}`)
      return
    case 'mended':
      log.warn('file-mended', `${event.file} had a page that was cut while it was added; nothing committed lay in it`)
      return
    case 'recovered': {
      const message = `${event.file} now ends at entry ${event.to.totalEntries}, not ${event.from.totalEntries}: ${event.reason}`
      log.warn('file-recovered', message, { from: event.from, to: event.to })
      return
    }
    case 'update-finished':
      log.warn('update-finished', `finished an update at byte ${event.position} of ${event.file} that was interrupted`)
      return
    case 'taken-over':
      log.info('file-taken-over', `${event.file} was written by another program up to entry ${event.to.totalEntries}`, {
        from: event.from,
        to: event.to,
      })
      return
    case 'indexed':
      log.info('indexed', `put the bookmarks of ${event.entries} entries from ${event.fromEntry} on into the index`)
      return
    case 'truncated':
      log.warn(
        'file-truncated',
        `${event.file} was cut from ${event.from.totalEntries} to ${event.to.totalEntries} entries`,
      )
      return
    case 'write-failed':
      log.error('write-failed', event.error.message, { error: event.error })
  }
}

import { resolve } from 'node:path'
import type { StoreEvent } from '@datastreamer/store'
import { type DamagedRanges, type EntryRange, rangeText } from '@datastreamer/store/log'
import type { Log } from '../log/log.ts'

function createdMessage({ file, folders }: { readonly file: string; readonly folders: readonly string[] }): string {
  const made = folders.length === 0 ? '' : `, and the folders ${folders.join(', ')}`
  return `${resolve(file)} was not there: made an empty stream${made} (--must-exist refuses to)`
}

/** Write what happens to a store to the log. */
export function logStoreEvent(log: Log, event: StoreEvent): void {
  switch (event.event) {
    case 'created':
      log.warn('file-created', createdMessage(event), { file: resolve(event.file), folders: event.folders })
      return
    case 'lock-limited':
      log.warn(
        'lock-limited',
        `no program flock (util-linux) can be run here: another program that writes ${event.file} under another name, ` +
          'or a Go server, is not kept out, only noticed',
      )
      return
    case 'repaired':
      log.warn('file-repaired', `${event.file} had an incomplete page at its end; nothing committed lay in it`)
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
    case 'index-damaged':
      log.error('index-damaged', `${event.error.message}; it is rebuilt beside serving`, { error: event.error })
      return
    case 'index-rebuilt':
      log.info('index-rebuilt', `rebuilt the bookmark index of ${event.file} from ${event.entries} entries`)
      return
    case 'truncated':
      log.warn(
        'file-truncated',
        `${event.file} was truncated from ${event.from.totalEntries} to ${event.to.totalEntries} entries`,
      )
      return
    case 'dropped':
      log.info('entries-dropped', `${event.file} now begins with entry ${event.to.totalEntries}`, {
        from: event.from,
        to: event.to,
      })
      return
    case 'file-lost':
      log.error('file-lost', event.error.message, { error: event.error })
      return
    case 'file-found':
      log.info('file-found', `${event.file} and its index are in their place again: commits go on`)
      return
    case 'damage-found':
      log.error('damage-found', `${event.file}: ${rangeText(event.range)} ${NOT_COMMITTED}`, { ...event.range })
      return
    case 'damage-gone':
      log.info('damage-gone', `${event.file}: ${rangeText(event.range)} can be read again`, { ...event.range })
      return
    case 'checksum-lost':
      log.error('checksum-lost', `${event.file}: ${rangeText(event.range)} ${NOT_COVERED}`, { ...event.range })
      return
    case 'scrub-failed':
      log.error('scrub-failed', `cannot compare ${event.file} with its checksums: ${event.error.message}`, {
        error: event.error,
      })
      return
    case 'scrub-resumed':
      log.info('scrub-resumed', `${event.file} is compared with its checksums again`)
      return
    case 'broken':
      log.error('store-broken', `commits are rejected, readers are served on: ${event.error.message}`, {
        error: event.error,
      })
      return
    case 'reopen-failed':
      log.warn('store-reopen-failed', `try ${event.tries} to open ${event.file} anew failed: ${event.error.message}`)
      return
    case 'reopened':
      log.info('store-reopened', `${event.file} was opened anew at try ${event.tries}; commits are taken again`, {
        brokenMs: event.brokenMs,
      })
      return
    case 'write-failed':
      log.error('write-failed', event.error.message, { error: event.error })
  }
}

const NOT_COMMITTED = 'are not what was committed and are not sent to anyone (datastreamer recover replaces them)'

const NOT_COVERED =
  'cannot be compared: the commit log is damaged there (datastreamer recover --from SRC or --take-over ends that)'

/** What no checksum is known of, for people, if there is anything. */
export function uncoveredText(ranges: readonly EntryRange[]): string | undefined {
  return rangesText('not covered by a readable checksum', ranges)
}

/** What is damaged, for people, if anything is. */
export function damageText({ all }: Pick<DamagedRanges, 'all'>): string | undefined {
  return rangesText('damaged', all)
}

function rangesText(what: string, ranges: readonly EntryRange[]): string | undefined {
  const [first] = ranges
  if (first === undefined) return undefined
  const more = ranges.length > 1 ? ` and ${ranges.length - 1} more ranges` : ''
  return `${what}: ${rangeText(first)}${more}`
}

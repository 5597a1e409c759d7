import type { Log } from '../log/log.ts'
import type { SentPublishEvent } from './publish-messages.ts'

/** Write what happens in publishing to the log. @param to the history */
export function logPublishEvent(log: Log, to: string, event: SentPublishEvent): void {
  switch (event.kind) {
    case 'resumed':
      log.info('publish-resumed', `${to} has ${event.reach.nextEntry} entries; the stream is published from there on`, {
        leaves: event.size,
      })
      return
    case 'sealed': {
      const { start, end, bytes } = event.leaf
      log.debug('publish-sealed', `sealed entries ${start.number} to ${end.number - 1n}, ${bytes} bytes`)
      return
    }
    case 'published':
      log.info('published', `${to} has ${event.reach.nextEntry} entries`, { leaves: event.size })
      return
    case 'epoch':
      if (event.leaf.epoch === 0) return
      log.warn('publish-epoch', `${to} goes on with other entries from entry ${event.leaf.start.number} on`, {
        epoch: event.leaf.epoch,
      })
      return
    case 'adopted':
      log.warn('publish-adopted', `${to} was published by another process, up to entry ${event.reach.nextEntry}`, {
        leaves: event.size,
      })
      return
    case 'rewritten':
      log.warn('publish-rewritten', `${to} had ${event.found} leaves only: all ${event.size} are written again`)
      return
    case 'repaired':
      log.warn('publish-repaired', `${to} had other tiles than those of its checkpoint: they are written again`, {
        keys: event.keys,
      })
      return
    case 'waiting':
      log.warn('publish-waiting', `${to} goes up to entry ${event.forEntry}, which the stream does not have yet`)
      return
    case 'failed':
      log.warn('publish-failed', `${event.what}: ${event.message}; tried again in ${event.retryInMs} ms`)
      return
    case 'stopped':
      log.error('publish-stopped', `nothing more is published to ${to}: ${event.message}`, { code: event.code })
      return
    default:
  }
}

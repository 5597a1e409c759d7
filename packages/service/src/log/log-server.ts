import { onServerEvent, type ServerEvent, type StreamServer } from '@datastreamer/server'
import { addressText } from '../admin/address.ts'
import type { Log } from './log.ts'

/** Endings that an operator should see; the others are everyday life. */
const NOTABLE: ReadonlySet<string> = new Set([
  'WRITE_TIMEOUT',
  'COMMAND_TIMEOUT',
  'BAD_COMMAND',
  'BAD_STATE',
  'TRUNCATED',
  'READ_FAILED',
])

/** What to do about clients that were written for a server which stays open. */
const KEEP_OPEN = '--keep-open-on-state-error would keep it'
/** What to do where file descriptors have run out. */
const MORE_DESCRIPTORS = 'raise ulimit -n (LimitNOFILE) or lower --max-connections'

/** Write what happens at a stream server to the log, until the returned function is called. */
export function logServer(log: Log, server: StreamServer): () => void {
  return onServerEvent(server, (event) => logEvent(log, event))
}

function logEvent(log: Log, event: ServerEvent): void {
  const { server, type, ...fields } = event
  switch (event.type) {
    case 'listening':
      log.info('listening', `listening on ${addressText(event)}${event.tls ? ' with TLS' : ''}`)
      return
    case 'rejected': {
      const advice = event.reason === 'DESCRIPTORS' ? `, ${MORE_DESCRIPTORS}` : ''
      log.warn('client-rejected', `${event.remoteAddress} was not let in: ${event.reason}${advice}`, fields)
      return
    }
    case 'closed': {
      const advice = event.reason === 'BAD_STATE' ? KEEP_OPEN : undefined
      const why = [event.reason, event.code, event.detail, advice].filter((part) => part !== undefined).join(', ')
      const level = NOTABLE.has(event.reason) ? 'warn' : 'debug'
      log[level]('client-closed', `client ${event.id} (${event.remoteAddress}) is gone: ${why}`, fields)
      return
    }
    case 'error':
      log.error('server-error', event.error instanceof Error ? event.error.message : String(event.error), fields)
      return
    default:
      log.debug(`client-${type}`, `client ${event.id}: ${type}`, fields)
  }
}

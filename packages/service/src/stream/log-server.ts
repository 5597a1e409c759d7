import { type CloseReason, onServerEvent, type ServerEvent, type StreamServer } from '@datastreamer/server'
import { addressText } from '../admin/address.ts'
import type { Log } from '../log/log.ts'

/** Endings that an operator should see are warnings; the others are everyday life. */
const LEVELS: Readonly<Record<CloseReason, 'debug' | 'warn'>> = {
  CLIENT_ENDED: 'debug',
  CONNECTION_LOST: 'debug',
  WRITE_TIMEOUT: 'warn',
  INACTIVE: 'debug',
  COMMAND_TIMEOUT: 'warn',
  BAD_COMMAND: 'warn',
  BAD_STATE: 'warn',
  TRUNCATED: 'warn',
  READ_FAILED: 'warn',
  SERVER_CLOSED: 'debug',
}

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
      log.warn('client-rejected', `${event.remoteAddress} was rejected: ${event.reason}${advice}`, fields)
      return
    }
    case 'closed': {
      const advice = event.reason === 'BAD_STATE' ? KEEP_OPEN : undefined
      const why = [event.reason, event.code, event.detail, advice].filter((part) => part !== undefined).join(', ')
      log[LEVELS[event.reason]](
        'client-closed',
        `client ${event.id} (${event.remoteAddress}) was closed: ${why}`,
        fields,
      )
      return
    }
    case 'error':
      log.error('server-error', event.error instanceof Error ? event.error.message : String(event.error), fields)
      return
    default:
      log.debug(`client-${event.type}`, `client ${event.id}: ${type}`, fields)
  }
}

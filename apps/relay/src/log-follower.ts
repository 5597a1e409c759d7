import { HistoryDiffersError, hostPortText, StreamChangedError, TruncatedError } from '@datastreamer/client'
import type { StreamError } from '@datastreamer/format'
import { type Log, type TlsFlags, tlsHint } from '@datastreamer/service'
import { DivergedError } from './errors.ts'
import type { FollowEvent } from './follow/follow-event.ts'
import type { Upstream } from './upstream/upstream.ts'

const TLS_FLAGS: TlsFlags = {
  ca: '--server-tls-ca',
  cert: '--server-tls-cert',
  name: '--server-tls-name',
  on: 'tls:// and --server-tls',
}

/** Write what happens with upstreams to the log. */
export function logFollowEvent(log: Log, event: FollowEvent): void {
  switch (event.event) {
    case 'connected': {
      const { upstream, header, boundaries, compression } = event
      const ends = boundaries ? 'it sends operation boundaries' : 'operation boundaries are those of blocks and batches'
      const message = `following ${upstream.name}, which has ${header.totalEntries} entries; ${ends}${compression ? ', compressed' : ''}`
      log.info('upstream-connected', message, { upstream: upstream.name, boundaries, compression })
      return
    }
    case 'history': {
      const { totalEntries } = event.header
      log.info('history-read', `catching up from the history, which has ${totalEntries} entries`, { totalEntries })
      return
    }
    case 'failed':
      logUpstreamFailure(log, event.upstream, event.error)
      return
    case 'truncated': {
      const message = `truncated the file from ${event.from} to ${event.to} entries: ${event.upstream.name} was truncated`
      log.warn('truncation-followed', message, { upstream: event.upstream.name, from: event.from, to: event.to })
      return
    }
    case 'stopped':
      log.error('stopped', `the file cannot be written until the disk is well: ${event.error.message}`, {
        error: event.error,
      })
      return
    case 'resumed':
      log.info('resumed', 'the file can be written again')
      return
    case 'connecting':
    case 'header':
    case 'received':
  }
}

/** An upstream that could not be reached, or has the wrong stream. */
function logUpstreamFailure(log: Log, upstream: Upstream, error: StreamError): void {
  const message = upstreamFailure(upstream, error)
  if (isRefusal(error)) log.error('upstream-refused', message, { upstream: upstream.name, error })
  else log.warn('upstream-failed', message, { upstream: upstream.name, error })
}

/** What went wrong with an upstream, for people. */
export function upstreamFailure(upstream: Upstream, error: StreamError): string {
  const { name } = upstream
  if (isRefusal(error)) return `${name} is not followed: ${error.message}`
  const hint = tlsHint(error, TLS_FLAGS)
  // Errors of the transport begin with the address.
  return `${name}: ${error.message.replace(`${hostPortText(upstream)}: `, '')}${hint === undefined ? '' : ` (${hint})`}`
}

function isRefusal(error: StreamError): boolean {
  return error instanceof TruncatedError || error instanceof StreamChangedError || error instanceof DivergedError || error instanceof HistoryDiffersError
}

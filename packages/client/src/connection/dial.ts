import { ConnectionError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { Connection } from './connection.ts'
import { connectionError } from './socket-error.ts'

/**
 * Connect to the server, with TLS if the settings say so.
 *
 * @throws {ConnectionError} `REFUSED`, `DNS`, `TLS`, `RESET`, `UNREACHABLE`, or `TIMEOUT` after `connectTimeoutMs`
 * @throws the signal's reason
 */
export function dial(settings: Settings, signal: AbortSignal): Promise<Connection> {
  const { name: peer, host, port, tls, connectTimeoutMs, keepAliveMs, readAheadBytes, clock, net } = settings
  const overTls = tls !== undefined
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = net.dial({ host, port, tls, keepAliveMs }, () => {
      settle()
      resolve(new Connection(socket, { peer, overTls, readAheadBytes, clock }))
    })
    const settle = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', aborted)
      socket.removeListener('error', failed)
      socket.removeListener('close', closed)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const aborted = (): void => fail(signal.reason)
    const failed = (error: Error): void => fail(connectionError(error, peer, overTls))
    const closed = (): void => fail(new ConnectionError('CLOSED', `${peer}: closed before it was open`))
    const timer = clock.after(connectTimeoutMs, () =>
      fail(new ConnectionError('TIMEOUT', `${peer}: not connected within ${connectTimeoutMs} ms`)),
    )
    signal.addEventListener('abort', aborted, { once: true })
    socket.once('error', failed)
    socket.once('close', closed)
  })
}

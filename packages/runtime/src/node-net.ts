import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { KernelQueues } from './kernel-queues.ts'
import type { Net, NetDialOptions, NetListener, NetListenOptions, NetSocket } from './net.ts'
import { NodeTlsAcceptor } from './node-tls-acceptor.ts'

const queues = new KernelQueues()

/** The network of this machine. */
export const nodeNet: Net = {
  dial({ host, port, keepAliveMs, tls }: NetDialOptions, onOpen: () => void): NetSocket {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ ...tls, host, port })
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.setNoDelay(true)
      socket.setKeepAlive(true, keepAliveMs)
      onOpen()
    })
    return socket
  },

  async listen({
    host,
    port,
    backlog,
    keepAliveMs,
    reusePort = false,
    onConnection,
  }: NetListenOptions): Promise<NetListener> {
    const server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs },
      (socket) => onConnection(socket, descriptorOf(socket)),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog, reusePort }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const address = server.address() as AddressInfo
    return {
      address: { host: address.address, port: address.port },
      close: () => new Promise((resolve) => server.close(() => resolve())),
    }
  },

  heldBytes: (socket) => queues.waiting(socket as Socket),

  createTlsAcceptor: (options) => new NodeTlsAcceptor(options),
}

function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle }: { readonly _handle?: { readonly fd?: number } | null } = socket as object
  return handle?.fd
}

import type { Duplex } from 'node:stream'
import type { ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls'

/** Connections of a process. Tests and simulations put their own in place, which need no sockets. */
export interface Net {
  /**
   * Begin to connect.
   *
   * @param onOpen called once the connection, and its TLS handshake, is made
   * @returns the connection. If it fails, it emits the system's error, then `close`.
   */
  dial(options: NetDialOptions, onOpen: () => void): NetSocket
  /** Listen. @throws the system's error if the address is in use, is not ours, or may not be used */
  listen(options: NetListenOptions): Promise<NetListener>
  /**
   * Bytes that were written to a connection and that its peer has not taken yet, beyond those that wait in this process;
   * `undefined` where the system does not tell.
   */
  heldBytes(socket: NetSocket): Promise<number | undefined>
  /** What makes accepted connections secure. */
  createTlsAcceptor(options: TlsAcceptorOptions): TlsAcceptor
}

/** A connection. It emits what a `Duplex` does, and `timeout`. */
export interface NetSocket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /**
   * From now on emit `timeout` whenever so long (0: never) nothing came, nothing was written, and the system took none
   * of the bytes that wait.
   */
  setTimeout(ms: number): unknown
}

export interface NetDialOptions {
  readonly host: string
  readonly port: number
  /** Quiet time before the system asks whether the peer is still there. */
  readonly keepAliveMs: number
  /** TLS instead of plain TCP. */
  readonly tls?: ClientTlsOptions | undefined
}

export interface NetListenOptions {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  /** Clients that may wait to be accepted. */
  readonly backlog: number
  /** Quiet time before the system asks whether the peer is still there; 0 is never. */
  readonly keepAliveMs: number
  /** Let others that say so too listen on the same port, and share its connections with them (default false). */
  readonly reusePort?: boolean | undefined
  /**
   * A connection was accepted. Each side may end its own.
   *
   * @param descriptor the number that the system gave it, the lowest that was free, if it says so
   */
  readonly onConnection: (socket: NetSocket, descriptor: number | undefined) => void
}

export interface NetAddress {
  readonly host: string
  readonly port: number
}

export interface NetListener {
  readonly address: NetAddress
  /** Accept no more; resolves when the last connection is closed. */
  close(): Promise<void>
}

export interface TlsAcceptorOptions {
  readonly tls: ServerTlsOptions
  /** Time for a handshake, whatever comes meanwhile. */
  readonly handshakeTimeoutMs: number
}

export interface TlsAcceptor {
  /**
   * Have an accepted connection shake hands. One call is made, also if the connection is destroyed meanwhile.
   *
   * @param onSecure gets the connection to use instead
   * @param onFailure gets the error's code; the connection is destroyed
   */
  shakeHands(
    socket: NetSocket,
    onSecure: (secure: NetSocket) => void,
    onFailure: (code: string | undefined) => void,
  ): void
  /** Use another key, certificate and authorities from now on. @throws what `node:tls` says of them */
  renew(tls: ServerTlsOptions): void
}

/** TLS as `node:tls` has it: `key`, `cert`, and to ask for client certificates `ca`, `requestCert`, `rejectUnauthorized`. */
export type ServerTlsOptions = SecureContextOptions &
  Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized' | 'ALPNProtocols'>

/** What may be said about TLS when dialling; all of it goes to `node:tls`. */
export type ClientTlsOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'pfx'
  | 'servername'
  | 'rejectUnauthorized'
  | 'checkServerIdentity'
  | 'minVersion'
  | 'maxVersion'
  | 'ciphers'
  | 'ALPNProtocols'
>

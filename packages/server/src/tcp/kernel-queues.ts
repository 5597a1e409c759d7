import { readFile } from 'node:fs/promises'

/** Where Linux says what it holds for each connection. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** How old an answer may be. */
const FRESH_MS = 50

/** The two ports of a connection. */
export interface Ports {
  readonly localPort?: number | undefined
  readonly remotePort?: number | undefined
}

/**
 * How many bytes the kernel still holds for a client.
 *
 * A socket whose buffer is full becomes writable again only when a good part of it is free: over a megabyte on a fast
 * link, which a slow client may need longer for than any timeout. This number goes down with every byte that the client
 * takes.
 */
export class KernelQueues {
  readonly #tables: readonly string[]
  #read: Promise<ReadonlyMap<string, number>> | undefined
  #readAt = 0

  constructor(tables: readonly string[] = TABLES) {
    this.#tables = tables
  }

  /** Bytes that wait for the client to take them, or `undefined` if that cannot be told on this system. */
  async waiting({ localPort = 0, remotePort = 0 }: Ports): Promise<number | undefined> {
    const now = performance.now()
    if (this.#read === undefined || now - this.#readAt > FRESH_MS) {
      this.#readAt = now
      this.#read = this.#readTables()
    }
    return (await this.#read).get(`${localPort} ${remotePort}`)
  }

  async #readTables(): Promise<ReadonlyMap<string, number>> {
    const texts = await Promise.all(this.#tables.map((table) => readFile(table, 'ascii').catch(() => '')))
    const waiting = new Map<string, number>()
    const ambiguous = new Set<string>()
    // sl: local address:port, remote address:port, state, bytes to send:bytes to read, all hexadecimal
    for (const [, local = '', remote = '', bytes = ''] of texts.join('\n').matchAll(LINE)) {
      const ports = `${Number.parseInt(local, 16)} ${Number.parseInt(remote, 16)}`
      if (waiting.has(ports)) ambiguous.add(ports)
      waiting.set(ports, Number.parseInt(bytes, 16))
    }
    for (const ports of ambiguous) waiting.delete(ports)
    return waiting
  }
}

const LINE = /^ *\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm

import { readFile } from 'node:fs/promises'

/** Where Linux says what it holds for each connection, by the family of its addresses. */
const TABLES: Tables = { IPv4: '/proc/net/tcp', IPv6: '/proc/net/tcp6' }
/** How old an answer may be: a table takes the kernel milliseconds, however few connections there are. */
const FRESH_MS = 50

type Tables = Readonly<Record<'IPv4' | 'IPv6', string>>

/** What identifies a connection: its socket. */
export interface Ends {
  readonly remoteFamily?: string | undefined
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
  readonly #tables: Readonly<Record<'IPv4' | 'IPv6', KernelTable>>

  constructor({ IPv4, IPv6 }: Tables = TABLES) {
    this.#tables = { IPv4: new KernelTable(IPv4), IPv6: new KernelTable(IPv6) }
  }

  /** Bytes that wait for the client to take them, or `undefined` if that is unknown on this system. */
  async waiting({ remoteFamily, localPort = 0, remotePort = 0 }: Ends): Promise<number | undefined> {
    const table = this.#tables[remoteFamily === 'IPv6' ? 'IPv6' : 'IPv4']
    return (await table.read()).get(`${localPort} ${remotePort}`)
  }
}

class KernelTable {
  readonly #path: string
  #read: Promise<ReadonlyMap<string, number>> | undefined
  #readAt = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Bytes to send by the two ports of a connection. */
  read(): Promise<ReadonlyMap<string, number>> {
    const now = performance.now()
    if (this.#read === undefined || now - this.#readAt > FRESH_MS) {
      this.#readAt = now
      this.#read = readTable(this.#path)
    }
    return this.#read
  }
}

async function readTable(path: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(path, 'ascii').catch(() => '')
  const waiting = new Map<string, number>()
  const ambiguous = new Set<string>()
  // sl: local address:port, remote address:port, state, bytes to send:bytes to read, all hexadecimal
  for (const [, local = '', remote = '', bytes = ''] of text.matchAll(LINE)) {
    const ports = `${Number.parseInt(local, 16)} ${Number.parseInt(remote, 16)}`
    if (waiting.has(ports)) ambiguous.add(ports)
    waiting.set(ports, Number.parseInt(bytes, 16))
  }
  for (const ports of ambiguous) waiting.delete(ports)
  return waiting
}

const LINE = /^ *\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm

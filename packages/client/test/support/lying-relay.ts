import { connect, createServer, type Server, type Socket } from 'node:net'
import { oneOf, type Random } from '@datastreamer/fixtures/random'
import {
  decodeCommand,
  type Entry,
  encodeCommand,
  encodeEntry,
  encodeHeaderEntry,
  encodeOperationBoundary,
  encodeResult,
  encodeRunningDigest,
  type Packet,
  PacketReader,
} from '@datastreamer/format'

/** What a relay does to the packets of a stream. */
export type Lie =
  | 'flip'
  | 'drop'
  | 'swap'
  | 'insert'
  | 'renumber'
  | 'truncate'
  | 'repeat'
  | 'dropSignatures'
  | 'oldSignature'
  | 'forge'
  | 'shift'
  | 'unsign'
  | 'strip'
  | 'honest'

export const LIES: readonly Lie[] = [
  ...['flip', 'drop', 'swap', 'insert', 'renumber', 'truncate', 'repeat', 'dropSignatures', 'oldSignature'],
  ...['forge', 'shift', 'unsign', 'strip', 'honest'],
] as readonly Lie[]

/** Stands between a client and an honest server, and lies on each connection in one way, at random places. */
export class LyingRelay implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly port: number
  /** Lies that were said, by connection. */
  readonly said: Lie[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  /** @param lieOf which lie to say on the n-th connection */
  static async start(target: number, random: Random, lieOf: (index: number) => Lie): Promise<LyingRelay> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const relay = new LyingRelay(server, address.port)
    server.on('connection', (client) => relay.#join(client, target, random, lieOf(relay.said.length)))
    return relay
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, target: number, random: Random, lie: Lie): void {
    this.said.push(lie)
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    const send = (bytes: Uint8Array): void => void (client.destroyed || client.write(bytes))
    const reader = new PacketReader()
    const liar = new Liar(lie, random)
    server.on('data', (chunk: Uint8Array) => {
      // The bytes of entries are kept by some lies.
      reader.push(Uint8Array.from(chunk))
      for (let packet = reader.read(); packet !== undefined; packet = reader.read()) {
        for (const said of liar.say(packet)) send(said)
        if (liar.isOver) client.destroy()
      }
    })
    let asked: Uint8Array = new Uint8Array(0)
    client.on('data', (chunk: Uint8Array) => {
      asked = Buffer.concat([asked, chunk])
      for (let found = decodeCommand(asked, 1n); found !== undefined; found = decodeCommand(asked, 1n)) {
        asked = asked.subarray(found.bytes)
        if (found.command.name === 'signatures' && lie === 'strip') send(encodeResult(9))
        // What is compressed is harder to lie in.
        else if (found.command.name === 'compression') send(encodeResult(9))
        else server.write(encodeCommand(found.command, 1n))
      }
    })
  }
}

/** Tells one lie, now and then. */
class Liar {
  readonly #lie: Lie
  readonly #random: Random
  #held: Packet | undefined
  #old: Packet | undefined
  #seen = 0
  #after: number
  isOver = false

  constructor(lie: Lie, random: Random) {
    this.#lie = lie
    this.#random = random
    this.#after = 5 + random(400)
  }

  say(packet: Packet): readonly Uint8Array[] {
    if (packet.packet === 'runningDigest' && packet.runningDigest.signature !== undefined) return this.#signed(packet)
    if (packet.packet === 'runningDigest' && this.#lie === 'shift') {
      const { runningDigest } = packet.runningDigest
      return [encodeRunningDigest({ ...packet.runningDigest, runningDigest: runningDigest.map((byte) => byte ^ 1) })]
    }
    if (packet.packet !== 'entry' || this.#seen++ < this.#after) return [encode(packet)]
    const held = this.#held
    if (held !== undefined) {
      this.#held = undefined
      return [encode(packet), encode(held)]
    }
    if (this.#random(20) > 0) return [encode(packet)]
    return this.#entry(packet.entry, packet)
  }

  #entry(entry: Entry, packet: Packet): readonly Uint8Array[] {
    const random = this.#random
    switch (this.#lie) {
      case 'flip': {
        const data = entry.data.slice()
        const at = random(Math.max(1, data.length))
        data[at] = (data[at] ?? 0) ^ (1 << random(8))
        return [encodeEntry({ ...entry, data })]
      }
      case 'drop':
        return []
      case 'swap':
        this.#held = packet
        return []
      case 'insert':
        return [encodeEntry({ ...entry, data: Uint8Array.of(1, 2, 3) }), encode(packet)]
      case 'renumber':
        return [encodeEntry({ ...entry, number: entry.number + BigInt(random(3)) })]
      case 'truncate':
        return [encodeEntry({ ...entry, data: entry.data.slice(0, -1) })]
      case 'repeat':
        return [encode(packet), encode(packet)]
      default:
        return [encode(packet)]
    }
  }

  #signed(packet: Extract<Packet, { packet: 'runningDigest' }>): readonly Uint8Array[] {
    const { runningDigest } = packet
    const { signature } = runningDigest
    const old = this.#old
    this.#old = packet
    if (signature === undefined) return [encode(packet)]
    switch (this.#lie) {
      case 'dropSignatures':
        this.isOver = this.#random(3) === 0
        return []
      case 'oldSignature': {
        const { packet: kind, ...rest } = old ?? packet
        return kind === 'runningDigest' && 'runningDigest' in rest && rest.runningDigest.signature
          ? [encodeRunningDigest({ ...runningDigest, signature: rest.runningDigest.signature })]
          : []
      }
      case 'forge': {
        const what = oneOf(['nextEntry', 'time', 'keyId', 'bytes'] as const, this.#random)
        const nextEntry = what === 'nextEntry' ? runningDigest.nextEntry - 1n : runningDigest.nextEntry
        const time = what === 'time' ? signature.time + 1n : signature.time
        const keyId = what === 'keyId' ? signature.keyId ^ 1 : signature.keyId
        const bytes = what === 'bytes' ? signature.bytes.map((byte, i) => (i === 7 ? byte ^ 4 : byte)) : signature.bytes
        return [encodeRunningDigest({ ...runningDigest, nextEntry, signature: { time, keyId: keyId >>> 0, bytes } })]
      }
      case 'unsign':
        return [encodeRunningDigest({ ...runningDigest, signature: undefined })]
      default:
        return [encode(packet)]
    }
  }
}

function encode(packet: Packet): Uint8Array {
  switch (packet.packet) {
    case 'entry':
      return encodeEntry(packet.entry)
    case 'result':
      return encodeResult(packet.result.code as 0, packet.result.text)
    case 'header':
      return encodeHeaderEntry(packet.header)
    case 'operationBoundary':
      return encodeOperationBoundary(packet.operationBoundary)
    case 'runningDigest':
      return encodeRunningDigest(packet.runningDigest)
    default:
      throw new Error(`a packet ${packet.packet}`)
  }
}

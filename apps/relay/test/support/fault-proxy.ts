import { connect, createServer, type Server, type Socket } from 'node:net'
import { CommandNumber, encodeResult, ResultCode } from '@datastreamer/format'

/** Bytes of a command without parameters: its number and the stream type. */
const BARE_COMMAND_BYTES = 16

export interface ProxyOptions {
  /** Refuse operation boundaries as the Go server does, which does not know the command: `Invalid command`, and go on. */
  readonly refuseBoundaries?: boolean
  /** Leave that question open: close, or do nothing. */
  readonly onBoundaries?: 'close' | 'nothing'
  /** Which connections bring the client only what `pass` lets through. */
  readonly isSlow?: (index: number) => boolean
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
  isStalled: boolean
}

/** Stands between a client and a server, and does to connections what networks do. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #options: ProxyOptions
  readonly #pairs = new Set<Pair>()
  #made = 0
  readonly #slow = new Set<Pair>()
  /** Port that new connections are passed on to; `undefined`: they are refused. */
  target: number | undefined

  private constructor(target: number | undefined, options: ProxyOptions) {
    this.target = target
    this.#options = options
    this.#server = createServer((near) => this.#connect(near))
  }

  static async listen(target?: number, options: ProxyOptions = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, options)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Break connections: all, or each by chance. */
  drop(isHit: () => boolean = () => true): void {
    for (const { near, far } of this.#pairs) {
      if (!isHit()) continue
      near.resetAndDestroy()
      far.destroy()
    }
  }

  /** Pass that many more bytes on over each slow connection, as far as there are any; says how many there were. */
  pass(bytes: number): number {
    let passed = 0
    for (const { near, far } of this.#slow) {
      const part: Uint8Array | null = far.read(Math.min(bytes, far.readableLength))
      if (part === null) continue
      near.write(part)
      passed += part.length
    }
    return passed
  }

  /** Pass nothing on in either direction: all, or each by chance; neither side notices. Ends by `drop`, or after `ms`. */
  stall(ms: number, isHit: () => boolean = () => true): void {
    for (const pair of this.#pairs) {
      const { near, far } = pair
      if (pair.isStalled || !isHit()) continue
      pair.isStalled = true
      near.unpipe()
      far.unpipe()
      near.pause()
      far.pause()
      setTimeout(() => {
        pair.isStalled = false
        if (near.destroyed || far.destroyed) return
        near.pipe(far)
        far.pipe(near)
      }, ms).unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #connect(near: Socket): void {
    if (this.target === undefined) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: this.target })
    const pair: Pair = { near, far, isStalled: false }
    this.#pairs.add(pair)
    const end = (): void => {
      this.#pairs.delete(pair)
      this.#slow.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end)
    if (this.#options.refuseBoundaries || this.#options.onBoundaries)
      near.once('data', (first: Uint8Array) => this.#begin(pair, first))
    else near.pipe(far)
    if (this.#options.isSlow?.(this.#made++)) this.#slow.add(pair)
    else far.pipe(near)
  }

  #begin({ near, far }: Pair, first: Uint8Array): void {
    const asksForBoundaries = Buffer.from(first).readBigUInt64BE(0) === BigInt(CommandNumber.operationBoundaries)
    if (asksForBoundaries && this.#options.onBoundaries) {
      if (this.#options.onBoundaries === 'close') near.destroy()
      return
    }
    if (asksForBoundaries) near.write(encodeResult(ResultCode.INVALID_COMMAND))
    far.write(asksForBoundaries ? first.subarray(BARE_COMMAND_BYTES) : first)
    near.pipe(far)
  }
}

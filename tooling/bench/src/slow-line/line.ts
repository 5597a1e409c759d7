import type { Socket } from 'node:net'

export interface LineOptions {
  /** Of each direction, shared by all connections. */
  readonly bytesPerSecond: number
  /** How long each byte is under way. */
  readonly delayMs: number
}

/** Bytes of one connection that may wait for the line, beside those that are under way. */
const WAITING_BYTES = 256 * 1024

/**
 * One direction of a line: bytes go out one after the other at its rate, and arrive later. What a connection sends beyond
 * what fits on the line waits in its sender, as TCP has it.
 */
export class Line {
  readonly #options: LineOptions
  /** When all that was accepted has gone out. */
  #freeAt = 0

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** Pass on what one socket receives. */
  join(from: Socket, to: Socket): void {
    const { bytesPerSecond, delayMs } = this.#options
    const most = (bytesPerSecond * delayMs) / 1000 + WAITING_BYTES
    const underWay: { readonly bytes: Uint8Array; readonly at: number }[] = []
    let waiting = 0
    let isArmed = false
    let hasEnded = false
    const deliver = (): void => {
      isArmed = false
      for (let [first] = underWay; first !== undefined && first.at <= performance.now(); [first] = underWay) {
        underWay.shift()
        waiting -= first.bytes.length
        if (!to.write(first.bytes)) {
          to.once('drain', arm)
          return
        }
      }
      arm()
    }
    const arm = (): void => {
      if (waiting < most && from.isPaused()) from.resume()
      const [first] = underWay
      if (first === undefined) {
        if (hasEnded) to.end()
      } else if (!isArmed) {
        isArmed = true
        setTimeout(deliver, Math.max(0, first.at - performance.now()))
      }
    }
    from.on('data', (bytes: Uint8Array) => {
      this.#freeAt = Math.max(this.#freeAt, performance.now()) + (1000 * bytes.length) / bytesPerSecond
      underWay.push({ bytes, at: this.#freeAt + delayMs })
      waiting += bytes.length
      if (waiting >= most) from.pause()
      if (!to.writableNeedDrain) arm()
    })
    from.on('end', () => {
      hasEnded = true
      arm()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      if (!hasEnded) to.destroy()
    })
  }
}

import type { LogRun } from '@datastreamer/store/log'

/**
 * A copy of a few entries for all who ask for the same ones in turn. What a reader was given stays in memory until it has
 * taken it, which may be long after the log has released the page: so it gets these bytes and not the page.
 */
export class SharedCopy {
  #of: LogRun | undefined
  #copy: Uint8Array = new Uint8Array(0)

  of(run: LogRun): Uint8Array {
    const { bytes, position, number } = run
    const isSame =
      this.#of?.position === position &&
      this.#of.number === number &&
      this.#of.bytes.buffer === bytes.buffer &&
      this.#of.bytes.length === bytes.length
    if (!isSame) {
      this.#of = run
      this.#copy = bytes.slice()
    }
    return this.#copy
  }
}

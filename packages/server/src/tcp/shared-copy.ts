import type { LogPosition } from '@datastreamer/store'

/**
 * A copy of a few entries for all who ask for the same ones in turn. What a reader was given stays in memory until it has
 * taken it, which may be long after the log has let go of the page: so it gets these bytes and not the page.
 */
export class SharedCopy {
  #of: Uint8Array | undefined
  #place: LogPosition | undefined
  #copy: Uint8Array = new Uint8Array(0)

  /** @param bytes of the log, from `place` on */
  of(bytes: Uint8Array, { position, number }: LogPosition): Uint8Array {
    const isSame =
      this.#place?.position === position &&
      this.#place.number === number &&
      this.#of?.buffer === bytes.buffer &&
      this.#of.length === bytes.length
    if (!isSame) {
      this.#of = bytes
      this.#place = { position, number }
      this.#copy = bytes.slice()
    }
    return this.#copy
  }
}

import type { Signal } from '@datastreamer/format'
import { orAborted } from './abort-scope.ts'

/** A value, and what it weighs: bytes. */
export interface Weighed<T> {
  readonly value: T
  readonly bytes: number
}

interface Slot<T> {
  readonly loading: Promise<T>
  /** 0 while it is loaded. */
  bytes: number
}

/** Keeps what was read last. Who asks for what is being loaded waits for the same load. */
export class SharedCache<T> {
  readonly #maxBytes: number
  /** The oldest use first. */
  readonly #slots = new Map<string, Slot<T>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * What is under a key, loaded if it is not there. A failure is not kept.
   *
   * @param signal ends the waiting, not the loading
   */
  get(key: string, load: () => Promise<Weighed<T>>, signal: Signal | undefined): Promise<T> {
    let slot = this.#slots.get(key)
    if (slot === undefined) slot = this.#load(load, key)
    else this.#slots.delete(key)
    this.#slots.set(key, slot)
    return orAborted(slot.loading, signal)
  }

  #load(load: () => Promise<Weighed<T>>, key: string): Slot<T> {
    const loaded = load()
    const slot: Slot<T> = { loading: loaded.then(({ value }) => value), bytes: 0 }
    loaded.then(
      ({ bytes }) => {
        slot.bytes = bytes
        this.#bytes += bytes
        this.#shrink()
      },
      () => this.#slots.delete(key),
    )
    // Who waits for it gets the error.
    slot.loading.catch(() => undefined)
    return slot
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#slots) {
      if (this.#bytes <= this.#maxBytes) return
      if (bytes === 0) continue
      this.#slots.delete(key)
      this.#bytes -= bytes
    }
  }
}

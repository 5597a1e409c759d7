/** The slot of an answer that is not known yet. */
export interface AnswerSlot {
  encode: (() => Uint8Array) | undefined
}

/** Answers in the order of their requests, however they come to be known; those of one moment go together. */
export class AnswerQueue {
  readonly #send: (bytes: Uint8Array) => void
  #slots: AnswerSlot[] = []
  #scheduled = false

  /** @param send called with answers, one after the other */
  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send
  }

  /** Answers that are awaited. */
  get waiting(): number {
    return this.#slots.length
  }

  /** Take the next slot. */
  reserve(): AnswerSlot {
    const slot: AnswerSlot = { encode: undefined }
    this.#slots.push(slot)
    return slot
  }

  /** The answer of a slot is known. It is encoded when all before it are known too. */
  settle(slot: AnswerSlot, encode: () => Uint8Array): void {
    slot.encode = encode
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      if (this.#scheduled) this.flush()
    })
  }

  /** Send what is known, up to the first answer that is not. */
  flush(): void {
    this.#scheduled = false
    const known: Uint8Array[] = []
    for (const { encode } of this.#slots) {
      if (encode === undefined) break
      known.push(encode())
    }
    if (known.length === 0) return
    this.#slots = this.#slots.slice(known.length)
    this.#send(known.length === 1 && known[0] !== undefined ? known[0] : Buffer.concat(known))
  }
}

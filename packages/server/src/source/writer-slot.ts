import type { Fault } from './fault.ts'

/** Who writes, as the writer slot sees it. */
export interface Writer {
  /** `undefined` until it said who it is. */
  readonly sourceId: string | undefined
  /** Whether its connection ends. */
  readonly isOver: boolean
  close(fault: Fault): void
  /** Resolves when nothing that it asked for is still to be done in the store. */
  settled(): Promise<void>
}

/** The right to write the stream, which one source client has at a time. docs/spec/source-protocol.md §3. */
export class WriterSlot {
  /** Who writes, or wrote last. */
  #writer: Writer | undefined

  /**
   * Take the slot: if it is free, or from a connection of the same source.
   *
   * @returns resolves when what the writer before has left is finished; `undefined` if another source has the slot
   */
  claim(candidate: Writer): Promise<void> | undefined {
    const writer = this.#writer
    if (writer !== undefined && !writer.isOver && writer.sourceId !== candidate.sourceId) return undefined
    this.#writer = candidate
    writer?.close({ code: 'SUPERSEDED', text: 'another connection of the same source took over' })
    return this.#settledOf(writer)
  }

  /** Resolves when nothing is still to be done in the store. */
  settled(): Promise<void> {
    return this.#settledOf(this.#writer)
  }

  async #settledOf(writer: Writer | undefined): Promise<void> {
    await writer?.settled()
  }
}

import { type CommitResult, encodeCommittedAnswers } from '@datastreamer/format/source'

/** What a commit wrote, or how the answer is encoded. */
export type Answer = CommitResult | (() => Uint8Array)

/** The slot of an answer that is not known yet. */
export interface AnswerSlot {
  answer: Answer | undefined
}

/** Answers in the order of their requests, however they come to be known; those of one moment go together. */
export class AnswerQueue {
  readonly #send: (packets: readonly Uint8Array[]) => void
  #slots: AnswerSlot[] = []
  #scheduled = false

  /** @param send called with answers, one after the other */
  constructor(send: (packets: readonly Uint8Array[]) => void) {
    this.#send = send
  }

  /** Answers that are awaited. */
  get waiting(): number {
    return this.#slots.length
  }

  /** Take the next slot. */
  reserve(): AnswerSlot {
    const slot: AnswerSlot = { answer: undefined }
    this.#slots.push(slot)
    return slot
  }

  /** The answer of a slot is known. It is encoded when all before it are known too. */
  settle(slot: AnswerSlot, answer: Answer): void {
    slot.answer = answer
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      if (this.#scheduled) this.flush()
    })
  }

  /** Send what is known, up to the first answer that is not. */
  flush(): void {
    this.#scheduled = false
    const unknown = this.#slots.findIndex(({ answer }) => answer === undefined)
    const known = unknown < 0 ? this.#slots : this.#slots.slice(0, unknown)
    if (known.length === 0) return
    this.#slots = unknown < 0 ? [] : this.#slots.slice(unknown)
    this.#send(encode(known))
  }
}

/** All answers to commits that follow one another are encoded at once. */
function encode(slots: readonly AnswerSlot[]): Uint8Array[] {
  const packets: Uint8Array[] = []
  let commits: CommitResult[] = []
  const endCommits = (): void => {
    if (commits.length > 0) packets.push(encodeCommittedAnswers(commits))
    commits = []
  }
  for (const { answer } of slots) {
    if (typeof answer === 'function') {
      endCommits()
      packets.push(answer())
    } else if (answer !== undefined) {
      commits.push(answer)
    }
  }
  endCommits()
  return packets
}

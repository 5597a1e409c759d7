import type { ReadableLog } from '@datastreamer/store/log'
import type { KnownSignatures, SignedPoint } from '../tcp/known-signatures.ts'
import { isGranted, type SignatureState } from '../tcp/signature-state.ts'

/** What a thread asks its server for. */
export interface SignatureQuestions {
  readonly pageEnd: (page: number) => Promise<SignedPoint | undefined>
  readonly after: (number: number) => Promise<SignedPoint | undefined>
  readonly digestAt: (number: number) => Promise<Uint8Array>
}

/** The signatures of a server as one of its threads has heard of them. */
export class RemoteSignatures implements KnownSignatures {
  readonly #log: ReadableLog
  readonly #questions: SignatureQuestions
  readonly #listeners = new Set<() => void>()
  #state: SignatureState

  constructor(log: ReadableLog, state: SignatureState, questions: SignatureQuestions) {
    this.#log = log
    this.#state = state
    this.#questions = questions
  }

  /** Hear of what has changed. */
  apply(state: SignatureState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }

  get isGranted(): boolean {
    return isGranted(this.#state, this.#log.header)
  }

  get recent(): readonly SignedPoint[] {
    return this.#state.recent
  }

  get recentSince(): number {
    return this.#state.recentSince
  }

  pageEnd(page: number): Promise<SignedPoint | undefined> {
    return this.#questions.pageEnd(page).catch(() => undefined)
  }

  after(number: number): Promise<SignedPoint | undefined> {
    return this.#questions.after(number)
  }

  digestAt(number: number): Promise<Uint8Array> {
    return this.#questions.digestAt(number)
  }

  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }
}

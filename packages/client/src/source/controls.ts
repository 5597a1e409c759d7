import { encodeSourceRequest, type SourceRequest } from '@datastreamer/format/source'
import type { RequestAnswer } from './source-link.ts'

/** A request that is answered by itself: a query, an update, a truncation. */
export interface Control {
  readonly request: SourceRequest
  readonly bytes: Uint8Array
  readonly resolve: (answer: RequestAnswer) => void
  readonly reject: (error: unknown) => void
}

/** The requests that were not answered yet. All may be sent again on another connection. */
export class Controls {
  #pending: Control[] = []
  /** Entries after a truncation that the server may have made already. */
  #truncatingTo: bigint | undefined

  get pending(): readonly Control[] {
    return this.#pending
  }

  /** What `totalEntries` is if a truncation was made whose answer did not come; `undefined` if there is none. */
  get truncatingTo(): bigint | undefined {
    return this.#truncatingTo
  }

  /** @throws {RangeError} if the request does not fit the protocol */
  add(request: SourceRequest): { readonly control: Control; readonly answer: Promise<RequestAnswer> } {
    const bytes = encodeSourceRequest(request)
    const answer = new Promise<RequestAnswer>((resolve, reject) => {
      this.#pending.push({ request, bytes, resolve, reject })
    })
    const control = this.#pending.at(-1) as Control
    if (request.name === 'truncateFile') this.#truncatingTo = request.number
    return { control, answer }
  }

  /** Forget a request that is answered. */
  remove(control: Control): void {
    this.#pending = this.#pending.filter((other) => other !== control)
    if (control.request.name === 'truncateFile') this.#truncatingTo = undefined
  }

  /** The stream was found as a truncation leaves it: its answer was lost. */
  truncationIsMade(): void {
    for (const control of this.#pending) {
      if (control.request.name !== 'truncateFile') continue
      this.remove(control)
      control.resolve({ name: 'done' })
    }
    this.#truncatingTo = undefined
  }

  /** What the stream is like is known: a truncation that nobody waits for any more is no longer expected. */
  reconciled(): void {
    if (!this.#pending.some(({ request }) => request.name === 'truncateFile')) this.#truncatingTo = undefined
  }

  fail(error: unknown): void {
    const pending = this.#pending
    this.#pending = []
    for (const { reject } of pending) reject(error)
  }
}

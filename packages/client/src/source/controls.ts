import { encodeSourceRequest, type SourceRequest } from '@datastreamer/format/source'
import type { Answer } from './source-link.ts'

/** A request that is answered by itself: a query, an update, a truncation. */
export interface Control {
  readonly request: SourceRequest
  readonly bytes: Uint8Array
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** The requests that were not answered yet. All may be sent again on another connection. */
export class Controls {
  #pending: Control[] = []

  get pending(): readonly Control[] {
    return this.#pending
  }

  /** @throws {RangeError} if the protocol has no place for the request */
  add(request: SourceRequest): { readonly control: Control; readonly answer: Promise<Answer> } {
    const bytes = encodeSourceRequest(request)
    let control: Control | undefined
    const answer = new Promise<Answer>((resolve, reject) => {
      control = { request, bytes, resolve, reject }
    })
    if (control === undefined) throw new TypeError('a promise that does not run')
    this.#pending.push(control)
    return { control, answer }
  }

  /** Forget a request that is answered. */
  remove(control: Control): void {
    this.#pending = this.#pending.filter((other) => other !== control)
  }

  fail(error: unknown): void {
    const pending = this.#pending
    this.#pending = []
    for (const { reject } of pending) reject(error)
  }
}

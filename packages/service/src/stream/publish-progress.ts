import type { Reach } from '@datastreamer/archive'
import type { SentPublishEvent } from './publish-messages.ts'

/** How publishing goes. */
export class PublishProgress {
  #published: Reach | undefined
  #leaves = 0
  #segments = 0
  #bytes = 0
  #failures = 0
  #problem: string | undefined
  #isStopped = false

  /** Where the history ends, once that is known. */
  get published(): Reach | undefined {
    return this.#published
  }

  /** Leaves of its log. */
  get leaves(): number {
    return this.#leaves
  }

  /** Segments that were sealed since the start. */
  get segments(): number {
    return this.#segments
  }

  /** Bytes of their files. */
  get bytes(): number {
    return this.#bytes
  }

  /** What failed and was tried again. */
  get failures(): number {
    return this.#failures
  }

  /** What failed last, until something is published again. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Whether nothing more is published before somebody looked at the problem. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  apply(event: SentPublishEvent): void {
    switch (event.kind) {
      case 'resumed':
      case 'published':
      case 'adopted':
        this.#published = event.reach
        this.#leaves = event.size
        this.#problem = undefined
        return
      case 'sealed':
        this.#segments++
        this.#bytes += event.leaf.bytes
        return
      case 'failed':
        this.#failures++
        this.#problem = `${event.what}: ${event.message}`
        return
      case 'waiting':
        this.#problem = `the history goes up to entry ${event.forEntry}, which the stream does not have yet`
        return
      case 'stopped':
        this.#isStopped = true
        this.#problem = event.message
        return
      default:
    }
  }
}

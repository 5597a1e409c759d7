/** What is used of an `AbortSignal`, which the language itself does not know. */
export interface AbortLike {
  throwIfAborted(): void
}

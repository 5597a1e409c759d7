/** The part of `AbortSignal` that is used, so that the package compiles without DOM or Node types. */
export interface AbortLike {
  throwIfAborted(): void
}

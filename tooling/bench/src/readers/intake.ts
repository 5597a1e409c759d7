/** Tells what one connection receives: the protocol of a reader, without its socket. */
export interface Intake {
  /** What to say once the connection is there. */
  readonly hello: Uint8Array
  /** Whether the server sends all that is written from now on. */
  readonly started: boolean
  /** Entries that came. */
  readonly entries: number
  /**
   * Take the messages that are whole.
   *
   * @returns how many bytes they have
   * @throws {Error} something else came than was to come
   */
  take(bytes: Buffer): number
}

export interface IntakeOptions {
  /** Say something to the server. */
  readonly say: (bytes: Uint8Array) => void
  /** Entries of an operation. */
  readonly entries: number
  /** Gets the first eight bytes of each operation when the last ones are there; without it they are not looked at. */
  readonly onOperation?: ((stamp: bigint) => void) | undefined
}

/** Reads and writes the data of one type of entries. */
export interface EntryCodec<T> {
  /**
   * Read the data of an entry; bytes in the result borrow its memory.
   *
   * @param entryNumber only for the error's text
   * @throws {SequencerEntryError}
   */
  decode(data: Uint8Array, entryNumber?: bigint | undefined): T
  /**
   * Write the data of an entry into fresh bytes; fields left out have their zero value.
   *
   * @throws {RangeError} if a field does not fit
   */
  encode(value: Partial<T>): Uint8Array
}

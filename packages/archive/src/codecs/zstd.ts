/** Decompresses what {@link ZstdEncoder} made. */
export interface ZstdDecoder {
  /**
   * Decompress a frame that {@link faultOfFrame} finds nothing wrong with.
   *
   * @param size bytes that come out; no more are held, and another number is an error of any class
   */
  decompress(frame: Uint8Array, size: number): Uint8Array | Promise<Uint8Array>
}

/** Compresses with zstd: the same version makes the same frame of the same bytes. */
export interface ZstdEncoder {
  /** Compress into one frame of a single segment, which says its content's size. The bytes must not change meanwhile. */
  compress(content: Uint8Array): Promise<Uint8Array>
}

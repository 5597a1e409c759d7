/**
 * Segments are not those of the stream, which was truncated; or one was lost and cannot be made again. Never leaves the
 * publisher.
 */
export class StreamDiffers extends Error {
  override readonly name: string = 'StreamDiffers'
  /** Number of the entry from which on segments are to be made again, if that is known. */
  readonly from: bigint | undefined
  constructor(from?: bigint) {
    super('the segments of the history are not those of the stream')
    this.from = from
  }
}

/** The stream does not hold the last segment: it was truncated. Never leaves the publisher. */
export class StreamDiffers extends Error {
  override readonly name: string = 'StreamDiffers'
}

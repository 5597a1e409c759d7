import { encodeCommand, SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import { compile, runNative } from './native.ts'

/** What `native/count.c` asks for and reads. */
export interface Counted {
  readonly port: number
  readonly say: Uint8Array
  /** Bytes to read on each connection. */
  readonly bytes: number
  /** Connections at once (default 1). */
  readonly connections?: number
}

/** Asks for all entries of a stream. */
export const SAY_START: Uint8Array = encodeCommand({ name: 'start', fromEntryNumber: 0n }, SEQUENCER_STREAM_TYPE)

/** Says something to servers and counts the bytes that come. */
export class Counter {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Compile it into a folder. */
  static async compile(folder: string): Promise<Counter> {
    return new Counter(await compile('count', folder))
  }

  /** Count them so often; seconds of all passes, from the first that is said to the last byte. */
  async seconds({ port, say, bytes, connections = 1 }: Counted, passes = 1): Promise<number> {
    let sum = 0
    for (let pass = 0; pass < passes; pass++) {
      const args = [port, connections, bytes, Buffer.from(say).toString('hex')]
      sum += (await runNative<{ readonly seconds: number }>(this.#path, args)).seconds
    }
    return sum
  }
}

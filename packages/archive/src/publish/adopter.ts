import { type Adoption, adoptionOf } from './adoption.ts'
import type { SignedCheckpoint } from './checkpoint-keys.ts'
import { foreignCheckpoint } from './foreign-checkpoint.ts'
import type { LogPublisherOptions } from './log-publisher.ts'
import { readNewLeaves } from './read-new-leaves.ts'

/** How often the leaves of a checkpoint that another publisher wrote are read before they count as foreign. */
const READINGS = 3

/**
 * Takes what the history has beyond the log: another publisher wrote it, or this one before it lost its state.
 * docs/spec/history.md §6.
 */
export class Adopter {
  readonly #options: LogPublisherOptions

  constructor(options: LogPublisherOptions) {
    this.#options = options
  }

  /** @throws {PublishError} `FOREIGN_CHECKPOINT` or `OTHER_STREAM` */
  async adopt(found: SignedCheckpoint): Promise<void> {
    const { log, onEvent } = this.#options
    const from = log.signedSize
    await log.adopt((await this.#adoption(found)).leaves, found)
    onEvent({ kind: 'adopted', size: found.size, from })
  }

  /** What is adopted, once it is sure that it is of this log and of this stream. */
  async #adoption(found: SignedCheckpoint): Promise<Adoption> {
    const { log, keys, stream, waits, onEvent } = this.#options
    const foreign = (why: string): Promise<Error> => foreignCheckpoint({ note: found.note, found }, { log, keys }, why)
    const leaves = await this.#leaves(found)
    if (leaves === undefined) throw await foreign('its leaves are not there, or do not continue that')
    const adoption = adoptionOf(log, leaves)
    if (typeof adoption === 'string') throw await foreign(adoption)
    const { start, points, identity } = adoption
    await stream.header(identity)
    for (;;) {
      const fit = await stream.fit(start, points)
      if (fit === 'fits') return adoption
      if (fit === 'differs') throw await foreign('the stream has other entries')
      const forEntry = points.at(-1)?.number ?? 0n
      if (!waits) throw await foreign(`the stream ends before entry ${forEntry}`)
      onEvent({ kind: 'waiting', size: found.size, forEntry })
      await this.#options.pause()
    }
  }

  /** Its leaves. Who wrote them may be about to repair its tiles, if another wrote over them. */
  async #leaves(found: SignedCheckpoint): Promise<readonly Uint8Array[] | undefined> {
    const { target, log, sha256, pause } = this.#options
    for (let reading = 1; ; reading++) {
      const leaves = await readNewLeaves(target, log, found, sha256)
      if (leaves !== undefined || reading === READINGS) return leaves
      await pause()
    }
  }
}

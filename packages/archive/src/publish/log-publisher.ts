import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { Adopter } from './adopter.ts'
import { compareCheckpoint } from './compare-checkpoint.ts'
import { foreignCheckpoint } from './foreign-checkpoint.ts'
import { isObjectError } from './history-target.ts'
import { type LeafRange, LogObjects } from './log-objects.ts'
import type { PublishContext } from './publish-context.ts'
import { PublishError } from './publish-error.ts'
import { StreamDiffers } from './stream-differs.ts'

/** How often another publisher's objects are found in the way before that counts as foreign. */
const CONFLICTS = 3

/** Brings what is sealed into the history: steps 3 to 7 of docs/spec/history.md §6. One call at a time. */
export class LogPublisher {
  readonly #options: PublishContext
  readonly #objects: LogObjects
  readonly #adopter: Adopter

  constructor(options: PublishContext) {
    this.#options = options
    this.#objects = new LogObjects(options.log, options.sha256)
    this.#adopter = new Adopter(options)
  }

  /**
   * Publish all leaves of the log, and adopt what the history has beyond it.
   *
   * @throws {PublishError} `FOREIGN_CHECKPOINT`, `OTHER_STREAM` or `SEGMENT_LOST`
   * @throws {StreamDiffers} a segment is lost
   */
  async publish(): Promise<void> {
    const { log, target, onEvent } = this.#options
    for (let conflicts = 0; ; ) {
      const from = await this.#published()
      if (log.size === from) return
      const conflict = await this.#putLeaves({ from, size: log.size })
      if (conflict !== undefined) {
        if (++conflicts === CONFLICTS) throw inTheWay(conflict)
        await this.#options.pause()
        continue
      }
      // Nothing is signed before the history was looked at again: somebody else may have signed for these leaves.
      if ((await this.#published()) !== from) continue
      const before = log.signedSize
      const { note, size } = await log.sign()
      await target.putCheckpoint(note)
      await log.dropPendingFile()
      if (from < before) onEvent({ kind: 'rewritten', size: before, found: from })
      if (before < size) onEvent({ kind: 'published', size, reach: log.reach })
      return
    }
  }

  /** Step 7: look at what was published again. Throws as {@link publish}. */
  async confirm(): Promise<void> {
    const { log, target, onEvent } = this.#options
    await this.publish()
    const { size } = log
    const keys: string[] = []
    for (const object of this.#objects.between({ from: size - 1, size })) {
      if (await target.hasObject(object)) continue
      await target.putObject(object)
      keys.push(object.key)
    }
    if (keys.length > 0) onEvent({ kind: 'repaired', size, keys })
    onEvent({ kind: 'confirmed', size })
  }

  /** How many leaves of the log the history has a checkpoint of, after adopting what it has beyond the log. */
  async #published(): Promise<number> {
    const { target, log, keys } = this.#options
    const found = await compareCheckpoint(await target.checkpoint(), log, keys)
    switch (found.kind) {
      case 'same':
        return log.signedSize
      case 'older':
        return found.size
      case 'ahead':
        await this.#adopter.adopt(found.found)
        return log.signedSize
      case 'foreign':
        throw await foreignCheckpoint(found, { log, keys }, 'it does not continue that')
    }
  }

  /**
   * Steps 3 and 4: all that a checkpoint of `size` refers to and one of `from` does not. Gives what is in the way, if
   * another publisher put that there.
   */
  async #putLeaves(range: LeafRange): Promise<Error | undefined> {
    const { log, target } = this.#options
    try {
      for (let index = range.from; index < range.size; index++) {
        const leaf = log.leafAt(index)
        if (leaf.kind === 'segment') await this.#putSegment(leaf, index)
      }
      for (const object of this.#objects.between(range)) await target.putObject(object)
      return undefined
    } catch (error) {
      if (error instanceof Error && isObjectError(error, 'CONFLICT')) return error
      throw error
    }
  }

  async #putSegment(leaf: SegmentLeaf, index: number): Promise<void> {
    const { log, target } = this.#options
    const pending = index === log.size - 1 ? await log.pendingFile() : undefined
    // Once it was published its file is kept no more: then it is there, unless the history lost it.
    if (pending === undefined && (await target.hasSegment(leaf))) return
    const file = pending ?? (await this.#remade(leaf))
    if (file === undefined) return
    await target.putSegment(leaf, file)
    if (await target.hasSegment(leaf)) return
    throw new PublishError('SEGMENT_LOST', `${segmentKey(leaf)} was written, but is not there`)
  }

  /** The file of a segment that the history lost; `undefined` where nobody needs it. */
  async #remade(leaf: SegmentLeaf): Promise<Uint8Array | undefined> {
    const { log, stream } = this.#options
    if (!log.isValid(leaf)) return undefined
    const file = await stream.remake(leaf)
    if (file !== undefined) return file
    throw new StreamDiffers(leaf.start.number)
  }
}

function inTheWay(cause: Error): PublishError {
  const what = 'another publisher is at work, or was before the state was lost'
  return new PublishError('FOREIGN_CHECKPOINT', `${what}: ${cause.message}`, { cause })
}

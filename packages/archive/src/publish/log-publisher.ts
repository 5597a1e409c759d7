import { sameBytes } from '../digest-chain.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import type { Sha256 } from '../sha256.ts'
import { type Adoption, adoptionOf } from './adoption.ts'
import { compareCheckpoint } from './compare-checkpoint.ts'
import type { HistoryTarget } from './history-target.ts'
import type { CheckpointSigner } from './interim.ts'
import { type LeafRange, logObjects } from './log-objects.ts'
import type { OnPublishEvent } from './publish-event.ts'
import { PublishError } from './publish-error.ts'
import { readNewLeaves } from './read-new-leaves.ts'
import type { SealedLog, SignedCheckpoint } from './sealed-log.ts'
import { StreamDiffers } from './stream-differs.ts'
import type { StreamView } from './stream-view.ts'

export interface LogPublisherOptions {
  readonly log: SealedLog
  readonly target: HistoryTarget
  readonly stream: StreamView
  readonly signer: CheckpointSigner
  readonly sha256: Sha256
  readonly onEvent: OnPublishEvent
  /** Waits before what another publisher may be about to change is looked at again. */
  readonly pause: () => Promise<void>
  /** Whether to wait for a stream that is shorter than the history. */
  readonly waits: boolean
}

/** How often the leaves of a checkpoint that another publisher wrote are read before they count as foreign. */
const READINGS = 3

/** Brings what is sealed into the history: steps 3 to 7 of docs/spec/history.md §6. One call at a time. */
export class LogPublisher {
  readonly #options: LogPublisherOptions

  constructor(options: LogPublisherOptions) {
    this.#options = options
  }

  /**
   * Publish all leaves of the log, and adopt what the history has beyond it.
   *
   * @throws {PublishError} `FOREIGN_CHECKPOINT`, `OTHER_STREAM` or `SEGMENT_LOST`
   * @throws {StreamDiffers}
   */
  async publish(): Promise<void> {
    const { log, target, onEvent } = this.#options
    for (;;) {
      const from = await this.#published()
      if (log.size === from) return
      await this.#putLeaves({ from, size: log.size })
      // Nothing is signed before the history was looked at again: somebody else may have signed for these leaves.
      if ((await this.#published()) !== from) continue
      const before = log.signedSize
      const { note, size } = await log.sign()
      await target.putCheckpoint(note)
      await log.dropPendingFile()
      if (from < before) onEvent({ kind: 'rewritten', size: before, found: from })
      if (before < size) onEvent({ kind: 'published', size })
      return
    }
  }

  /** Step 7: look at what was published again. */
  async confirm(): Promise<void> {
    const { log, target, sha256, onEvent } = this.#options
    await this.publish()
    const { size } = log
    if (size === 0) return
    const keys: string[] = []
    for (const object of logObjects(log, { from: size - 1, size }, sha256)) {
      const found = await target.get(object.key)
      if (found !== undefined && sameBytes(found, object.bytes)) continue
      await target.putObject(object)
      keys.push(object.key)
    }
    if (keys.length > 0) onEvent({ kind: 'repaired', size, keys })
    onEvent({ kind: 'confirmed', size })
  }

  /** How many leaves of the log the history has a checkpoint of, after adopting what it has beyond the log. */
  async #published(): Promise<number> {
    const { target, log, signer } = this.#options
    const found = await compareCheckpoint(await target.checkpoint(), log, signer)
    switch (found.kind) {
      case 'same':
        return log.signedSize
      case 'behind':
        return found.size
      case 'ahead':
        await this.#adopt(found.found)
        return log.signedSize
      case 'foreign':
        throw await this.#foreign(found.note, found.found, 'it does not continue the log')
    }
  }

  /** Steps 3 and 4: all that a checkpoint of `size` refers to and one of `from` does not. */
  async #putLeaves(range: LeafRange): Promise<void> {
    const { log, target, sha256 } = this.#options
    for (let index = range.from; index < range.size; index++) {
      const leaf = log.leafAt(index)
      if (leaf.kind === 'segment') await this.#putSegment(leaf, index)
    }
    for (const object of logObjects(log, range, sha256)) await target.putObject(object)
  }

  async #putSegment(leaf: SegmentLeaf, index: number): Promise<void> {
    const { log, target } = this.#options
    const pending = index === log.size - 1 ? await log.pendingFile() : undefined
    if (pending === undefined) {
      // Its file is kept no more once it was published: then it is there, unless the history lost it.
      if (await target.hasSegment(leaf)) return
    }
    const file = pending ?? (await this.#remade(leaf, index))
    if (file === undefined) return
    await target.putSegment(leaf, file)
    if (await target.hasSegment(leaf)) return
    throw new PublishError('SEGMENT_LOST', `${segmentKey(leaf)} was written, but is not there`)
  }

  /** The file of a segment that the history lost; `undefined` where nobody needs it. */
  async #remade(leaf: SegmentLeaf, index: number): Promise<Uint8Array | undefined> {
    const { log, stream } = this.#options
    if (!log.isValid(leaf)) return undefined
    const file = await stream.remake(leaf)
    if (file !== undefined) return file
    const last = log.chain.valid.at(-1)
    if (last !== undefined && (await stream.fit(last.start, [last.end])) !== 'fits') throw new StreamDiffers()
    const what = `${segmentKey(leaf)} of leaf ${index} is not in the history`
    throw new PublishError('SEGMENT_LOST', `${what}, and the stream does not make the same file again`)
  }

  async #adopt(found: SignedCheckpoint): Promise<void> {
    const { log, onEvent } = this.#options
    const from = log.signedSize
    const { leaves } = await this.#adoptable(found)
    await log.adopt(leaves, found)
    onEvent({ kind: 'adopted', size: found.size, from })
  }

  /** The leaves of another's checkpoint, once it is sure that they are of this log and of this stream. */
  async #adoptable(found: SignedCheckpoint): Promise<Adoption> {
    const { log, target, stream, sha256, pause, waits, onEvent } = this.#options
    const foreign = (why: string): Promise<PublishError> => this.#foreign(found.note, found, why)
    for (let reading = 1; ; reading++) {
      const leaves = await readNewLeaves(target, log, found, sha256)
      if (leaves === undefined) {
        if (reading === READINGS) throw await foreign('its leaves are not there, or are not those of the log')
        await pause()
        continue
      }
      const adoption = adoptionOf(log, leaves)
      if (typeof adoption === 'string') throw await foreign(adoption)
      await stream.header(adoption.identity)
      const fit = await stream.fit(adoption.start, adoption.points)
      if (fit === 'fits') return adoption
      if (fit === 'differs') throw await foreign('the stream has other entries')
      const forEntry = adoption.points.at(-1)?.number ?? 0n
      if (!waits) throw await foreign(`the stream ends before entry ${forEntry}`)
      onEvent({ kind: 'waiting', size: found.size, forEntry })
      await pause()
      reading = 0
    }
  }

  /** Stop: keep both notes, and say what they are. */
  async #foreign(note: Uint8Array, found: SignedCheckpoint | undefined, why: string): Promise<PublishError> {
    const { log, signer } = this.#options
    const { signed } = log
    const own = signed === undefined ? 'nothing' : `${signed.size} leaves with root ${hex(signed.root)}`
    const other = found === undefined ? `no note of ${signer.origin}` : `${found.size} leaves with root ${hex(found.root)}`
    await log.keepEvidence(note, found === undefined ? 'unknown' : `${found.size}-${hex(found.root).slice(0, 16)}`)
    return new PublishError('FOREIGN_CHECKPOINT', `the checkpoint is ${other}; signed here was ${own}: ${why}`)
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

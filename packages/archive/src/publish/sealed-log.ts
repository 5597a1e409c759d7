import { checkFollows, LeafChain } from '../leaf/check-follows.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { encodeLeaf } from '../leaf/encode-leaf.ts'
import { endOf, type Leaf, type SegmentLeaf } from '../leaf/leaf.ts'
import { type StreamPoint, sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { encodeBundle } from '../tlog/bundle.ts'
import { leafHash } from '../tlog/merkle.ts'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import { TreeHashes } from '../tlog/tree-hashes.ts'
import type { CheckpointKeys, SignedCheckpoint } from './checkpoint-keys.ts'
import { PublishError } from './publish-error.ts'
import { type PublisherState, StateFile } from './publisher-state.ts'
import { asBadState, readStateLeaves } from './read-state.ts'

export interface SealedLogOptions {
  readonly state: PublisherState
  readonly keys: CheckpointKeys
  readonly sha256: Sha256
}

/**
 * The log as the publisher's state has it: all leaves, those that are not published among them, and the newest checkpoint.
 * What changes it is durable before the promise resolves. Only one change is under way at a time.
 */
export class SealedLog {
  readonly #options: SealedLogOptions
  #leaves: readonly Uint8Array[]
  #tree: TreeHashes
  #chain: LeafChain
  #signed: SignedCheckpoint | undefined

  private constructor(options: SealedLogOptions, leaves: readonly Uint8Array[], signed: SignedCheckpoint | undefined) {
    this.#options = options
    this.#leaves = leaves
    this.#tree = treeOf(leaves, options.sha256)
    this.#chain = chainOf(leaves)
    this.#signed = signed
  }

  /** @throws {PublishError} `BAD_STATE` */
  static async load(options: SealedLogOptions): Promise<SealedLog> {
    const { state, keys } = options
    const leaves = await readStateLeaves(state)
    const note = await state.read(StateFile.checkpoint)
    const signed = note && (await keys.open(note))
    if (note !== undefined && signed === undefined) {
      throw new PublishError(
        'BAD_STATE',
        `the checkpoint that was kept is not one of ${keys.origin}, signed by its key`,
      )
    }
    const log = asBadState(() => new SealedLog(options, leaves, signed))
    if (signed === undefined || (signed.size <= log.size && sameBytes(log.tree.root(signed.size), signed.root)))
      return log
    const found = `${log.size} leaves that were kept`
    throw new PublishError('BAD_STATE', `the ${found} do not begin with those of the checkpoint of ${signed.size}`)
  }

  /** Leaves, whether published or not. */
  get size(): number {
    return this.#leaves.length
  }

  /** Encoded leaves. */
  get leaves(): readonly Uint8Array[] {
    return this.#leaves
  }

  /** Their hashes. */
  get tree(): TreeHashes {
    return this.#tree
  }

  get chain(): LeafChain {
    return this.#chain
  }

  /** The newest checkpoint that was signed: it is published, or will be. */
  get signed(): SignedCheckpoint | undefined {
    return this.#signed
  }

  /** Leaves that are signed for. */
  get signedSize(): number {
    return this.#signed?.size ?? 0
  }

  /** Where the next segment begins; `undefined` before the first leaf. */
  get end(): StreamPoint | undefined {
    const { last } = this.#chain
    return last && endOf(last)
  }

  /** The leaf at an index. */
  leafAt(index: number): Leaf {
    return decodeLeaf(this.#leaves[index] ?? new Uint8Array(0), index)
  }

  /** Whether a leaf's segment is one that holds the stream. */
  isValid({ epoch, start }: SegmentLeaf): boolean {
    return this.#chain.valid.some((leaf) => leaf.epoch === epoch && leaf.start.number === start.number)
  }

  /** Step 2: keep the file of a segment, and then its leaf: this index has these bytes from now on. */
  async seal(leaf: Leaf, file: readonly Uint8Array[]): Promise<void> {
    const { state, sha256 } = this.#options
    checkFollows(this.#chain.last, leaf, this.size)
    const bytes = encodeLeaf(leaf)
    const leaves = [...this.#leaves, bytes]
    if (leaf.kind === 'segment') await state.write(StateFile.pending, file)
    await this.#keep(leaves, this.size)
    this.#chain.push(leaf)
    this.#tree.append(leafHash(sha256, bytes))
    this.#leaves = leaves
  }

  /** The file of the last leaf's segment, as long as it is kept. */
  async pendingFile(): Promise<Uint8Array | undefined> {
    const { state, sha256 } = this.#options
    const { last } = this.#chain
    const file = await state.read(StateFile.pending)
    if (file === undefined || last?.kind !== 'segment' || file.length !== last.bytes) return undefined
    return sameBytes(await sha256.large(file), last.sha256) ? file : undefined
  }

  /** The file is published: it is needed no more. */
  dropPendingFile(): Promise<void> {
    return this.#options.state.remove(StateFile.pending)
  }

  /** Step 5: sign for all leaves. The note is kept before anybody sees it; it is made once for each size. */
  async sign(): Promise<SignedCheckpoint> {
    const { state, keys } = this.#options
    const { size } = this
    if (this.#signed?.size === size) return this.#signed
    const signed = await keys.sign({ size, root: this.#tree.root() })
    await state.write(StateFile.checkpoint, [signed.note])
    this.#signed = signed
    return signed
  }

  /**
   * Take the leaves of a checkpoint that continues the one signed last, instead of those that are not signed for. After a
   * crash in between, the leaves that are kept are a beginning of these, or describe the same entries.
   */
  async adopt(adopted: readonly Uint8Array[], signed: SignedCheckpoint): Promise<void> {
    const { state, sha256 } = this.#options
    const leaves = [...adopted, ...this.#leaves.slice(adopted.length)]
    const chain = chainOf(leaves)
    await this.#keep(leaves, this.signedSize)
    await state.write(StateFile.checkpoint, [signed.note])
    this.#leaves = leaves
    this.#tree = treeOf(leaves, sha256)
    this.#chain = chain
    this.#signed = signed
  }

  /** Keep a note that stops publishing, and the own one that it contradicts. */
  async keepEvidence(foreign: Uint8Array, what: string): Promise<void> {
    const { state } = this.#options
    await state.write(StateFile.evidence('foreign', what), [foreign])
    if (this.#signed !== undefined) await state.write(StateFile.evidence('own', what), [this.#signed.note])
  }

  /** Write the bundles from that of leaf `from` on. */
  async #keep(leaves: readonly Uint8Array[], from: number): Promise<void> {
    for (let at = from - (from % TILE_WIDTH); at < leaves.length; at += TILE_WIDTH) {
      const bundle = encodeBundle(leaves.slice(at, at + TILE_WIDTH))
      await this.#options.state.write(StateFile.bundle(at / TILE_WIDTH), [bundle])
    }
  }
}

function chainOf(leaves: readonly Uint8Array[]): LeafChain {
  const chain = new LeafChain()
  for (const [i, leaf] of leaves.entries()) chain.push(decodeLeaf(leaf, i))
  return chain
}

function treeOf(leaves: readonly Uint8Array[], sha256: Sha256): TreeHashes {
  const tree = new TreeHashes(sha256)
  for (const leaf of leaves) tree.append(leafHash(sha256, leaf))
  return tree
}

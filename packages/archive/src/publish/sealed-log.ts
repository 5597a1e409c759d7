import type { StreamPoint } from '../layout.ts'
import { checkFollows, LeafChain } from '../leaf/check-follows.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { encodeLeaf } from '../leaf/encode-leaf.ts'
import { endOf, type Leaf, type SegmentLeaf } from '../leaf/leaf.ts'
import { BUNDLE_LEAVES } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import { type Checkpoint, type CheckpointSigner, decodeBundle, encodeBundle, leafHash, treeRoot } from './interim.ts'
import { PublishError } from './publish-error.ts'
import { type PublisherState, StateFile } from './publisher-state.ts'

/** A checkpoint that was signed. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Uint8Array
}

export interface SealedLogOptions {
  readonly state: PublisherState
  readonly signer: CheckpointSigner
  readonly sha256: Sha256
}

/**
 * The log as the publisher's state has it: all leaves, those that are not published among them, and the newest checkpoint.
 * What changes it is durable before the promise resolves. Only one change is under way at a time.
 */
export class SealedLog {
  readonly #options: SealedLogOptions
  #leaves: Uint8Array[]
  #hashes: Uint8Array[]
  #chain: LeafChain
  #signed: SignedCheckpoint | undefined

  private constructor(options: SealedLogOptions, leaves: Uint8Array[], signed: SignedCheckpoint | undefined) {
    this.#options = options
    this.#leaves = leaves
    this.#hashes = leaves.map((leaf) => leafHash(leaf, options.sha256))
    this.#chain = chainOf(leaves)
    this.#signed = signed
  }

  /** @throws {PublishError} `BAD_STATE` */
  static async load(options: SealedLogOptions): Promise<SealedLog> {
    const { state, signer } = options
    const leaves = await readLeaves(state)
    const note = await state.read(StateFile.checkpoint)
    const checkpoint = note && (await signer.open(note))
    if (note !== undefined && checkpoint === undefined) {
      throw new PublishError('BAD_STATE', `the checkpoint that is kept is not signed by ${signer.origin}`)
    }
    const log = asBadState(() => new SealedLog(options, leaves, note && checkpoint && { ...checkpoint, note }))
    log.#checkSigned()
    return log
  }

  /** Leaves, whether published or not. */
  get size(): number {
    return this.#leaves.length
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

  /** Encoded leaves. */
  get leaves(): readonly Uint8Array[] {
    return this.#leaves
  }

  /** Hashes of the leaves. */
  get hashes(): readonly Uint8Array[] {
    return this.#hashes
  }

  /** Where the next segment begins; `undefined` before the first leaf. */
  get end(): StreamPoint | undefined {
    const { last } = this.#chain
    return last && endOf(last)
  }

  /** The root of the first leaves. */
  rootOf(size: number): Uint8Array {
    return treeRoot(this.#hashes.slice(0, size), this.#options.sha256)
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
    const bytes = encodeLeaf(leaf)
    const index = this.size
    checkFollows(this.#chain.last, leaf, index)
    if (leaf.kind === 'segment') await state.write(StateFile.pending, file)
    await this.#writeBundles([...this.#leaves, bytes], index)
    this.#chain.push(leaf)
    this.#leaves.push(bytes)
    this.#hashes.push(leafHash(bytes, sha256))
  }

  /** The file of the last leaf's segment, as long as it is kept. */
  async pendingFile(): Promise<Uint8Array | undefined> {
    const { state, sha256 } = this.#options
    const leaf = this.#chain.last
    const file = await state.read(StateFile.pending)
    if (file === undefined || leaf?.kind !== 'segment' || file.length !== leaf.bytes) return undefined
    const digest = sha256.digest(file)
    return digest.every((byte, i) => byte === leaf.sha256[i]) ? file : undefined
  }

  /** The file is published: it is needed no more. */
  async dropPendingFile(): Promise<void> {
    await this.#options.state.remove(StateFile.pending)
  }

  /** Step 5: sign for all leaves. The note is kept before anybody sees it. */
  async sign(): Promise<SignedCheckpoint> {
    const { state, signer } = this.#options
    const { size } = this
    if (this.#signed?.size === size) return this.#signed
    const checkpoint = { size, root: this.rootOf(size) }
    const note = await signer.sign(checkpoint)
    await state.write(StateFile.checkpoint, [note])
    this.#signed = { ...checkpoint, note }
    return this.#signed
  }

  /** Take the leaves of a checkpoint that continues the one signed last, instead of those that are not signed for. */
  async adopt(leaves: readonly Uint8Array[], signed: SignedCheckpoint): Promise<void> {
    const { state, sha256 } = this.#options
    const kept = [...leaves, ...this.#leaves.slice(leaves.length)]
    const chain = chainOf(kept)
    await this.#writeBundles(kept, this.signedSize)
    await state.write(StateFile.checkpoint, [signed.note])
    this.#leaves = kept
    this.#hashes = kept.map((leaf) => leafHash(leaf, sha256))
    this.#chain = chain
    this.#signed = signed
  }

  /** Keep a note that stops publishing, with the own one. */
  async keepEvidence(foreign: Uint8Array, what: string): Promise<void> {
    const { state } = this.#options
    await state.write(StateFile.evidence('foreign', what), [foreign])
    if (this.#signed !== undefined) await state.write(StateFile.evidence('own', what), [this.#signed.note])
  }

  /** Write the bundles from that of a leaf on. */
  async #writeBundles(leaves: readonly Uint8Array[], from: number): Promise<void> {
    for (let i = Math.floor(from / BUNDLE_LEAVES); i * BUNDLE_LEAVES < leaves.length; i++) {
      const bundle = leaves.slice(i * BUNDLE_LEAVES, (i + 1) * BUNDLE_LEAVES)
      await this.#options.state.write(StateFile.bundle(i), [encodeBundle(bundle)])
    }
  }

  #checkSigned(): void {
    const signed = this.#signed
    if (signed === undefined) return
    const isPossible = signed.size <= this.size
    if (isPossible && this.rootOf(signed.size).every((byte, i) => byte === signed.root[i])) return
    throw new PublishError('BAD_STATE', `the leaves that are kept are not those of the checkpoint of ${signed.size}`)
  }
}

async function readLeaves(state: PublisherState): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (let i = 0; leaves.length === i * BUNDLE_LEAVES; i++) {
    const bytes = await state.read(StateFile.bundle(i))
    if (bytes === undefined) break
    leaves.push(...asBadState(() => decodeBundle(bytes)))
  }
  return leaves
}

function chainOf(leaves: readonly Uint8Array[]): LeafChain {
  const chain = new LeafChain()
  for (const [i, leaf] of leaves.entries()) chain.push(decodeLeaf(leaf, i))
  return chain
}

/** What the state holds was written by a publisher: that it cannot be read is the state's fault. */
function asBadState<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('BAD_STATE', `what was kept cannot be read: ${message}`, { cause })
  }
}

import type { SignedDigest } from '@datastreamer/format'
import { nodeDisk, signaturesPath } from '@datastreamer/store'
import type { SignedPoint } from '../tcp/known-signatures.ts'
import { isGranted, type ServedSignatures, type SignatureState } from '../tcp/signature-state.ts'
import { type SignaturesOptions, type SignaturesStatus, StreamSignatures } from './stream-signatures.ts'

const NONE: SignatureState = { isReady: false, signs: false, recent: [], recentSince: 0 }
/** Signatures that are kept while the file beside the stream is opened. */
const MOST_EARLY = 64

/**
 * The signatures that a relay passes on. Nothing is hashed, and no file is made beside the stream, before the first one comes.
 */
export class PassedSignatures implements ServedSignatures, AsyncDisposable {
  readonly #options: Omit<SignaturesOptions, 'keys' | 'intervalMs'>
  readonly #listeners = new Set<() => void>()
  #early: SignedDigest[] = []
  #opening: Promise<void> | undefined
  #passed: StreamSignatures | undefined

  private constructor(options: Omit<SignaturesOptions, 'keys' | 'intervalMs'>) {
    this.#options = options
  }

  /**
   * Begin; what the file beside the stream holds is gone on from.
   *
   * @throws {LockedError} if another process keeps that file up
   * @throws the system's error
   */
  static async open(options: Omit<SignaturesOptions, 'keys' | 'intervalMs'>): Promise<PassedSignatures> {
    const signatures = new PassedSignatures(options)
    const { log, disk = nodeDisk } = options
    if (await disk.exists(signaturesPath(log.path))) await signatures.#open()
    return signatures
  }

  /** Take over a signature, once its entries are in the log and hashed. It is not verified. */
  add(signed: SignedDigest): void {
    if (this.#passed !== undefined) {
      this.#passed.add(signed)
      return
    }
    if (this.#early.length < MOST_EARLY) this.#early.push(signed)
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#options.onEvent?.({ event: 'failed', error })
    })
  }

  /** Numbers of entries, in order, before which pages end that the keys of the newest point have not signed. @throws the system's error */
  async *lacking(): AsyncGenerator<number, void, void> {
    if (this.#passed !== undefined) yield* this.#passed.lacking()
  }

  get state(): SignatureState {
    return this.#passed?.state ?? NONE
  }

  get isGranted(): boolean {
    return isGranted(this.state, this.#options.log.header)
  }

  get recent(): readonly SignedPoint[] {
    return this.state.recent
  }

  get recentSince(): number {
    return this.state.recentSince
  }

  /** `undefined` before the first signature. */
  get status(): SignaturesStatus | undefined {
    return this.#passed?.status
  }

  async pageEnd(page: number): Promise<SignedPoint | undefined> {
    return this.#passed?.pageEnd(page)
  }

  async after(number: number): Promise<SignedPoint | undefined> {
    return this.#passed?.after(number)
  }

  async digestAt(number: number): Promise<Uint8Array> {
    if (this.#passed === undefined) throw new TypeError('no signature was passed on yet')
    return this.#passed.digestAt(number)
  }

  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  /** Pass none on any more, and write what is to be kept. */
  async close(): Promise<void> {
    await this.#opening
    await this.#passed?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #open(): Promise<void> {
    const passed = await StreamSignatures.open(this.#options)
    this.#passed = passed
    passed.listen(() => {
      for (const listener of this.#listeners) listener()
    })
    for (const signed of this.#early.splice(0)) passed.add(signed)
  }
}

import { HEADER_PAGE_BYTES, pageOf, type SignedDigest } from '@datastreamer/format'
import { DigestChain, feedIdentity, type SignerKey } from '@datastreamer/format/signing'
import { type Clock, sha256Into, systemClock } from '@datastreamer/runtime'
import { type Disk, nodeDisk } from '@datastreamer/store'
import type { StreamLog } from '@datastreamer/store/log'
import type { DigestPoint, SignedPoint } from '../tcp/known-signatures.ts'
import { isGranted, type ServedSignatures, type SignatureState } from '../tcp/signature-state.ts'
import { DigestedLog } from './digested-log.ts'
import { GivenSignatures, withSignature } from './given-signatures.ts'
import { HeadSigner } from './head-signer.ts'
import { MAX_SIGNATURES } from './point-row.ts'
import { RecentPoints } from './recent-points.ts'
import { Rows } from './rows.ts'
import { SignatureFile } from './signature-file.ts'

export interface SignaturesOptions {
  /** The log of an open store or reader. */
  readonly log: StreamLog
  /** Sign with these keys, one or two (default: none; signatures come from elsewhere, by {@link StreamSignatures.add}). */
  readonly keys?: readonly SignerKey[] | undefined
  /** Least time between two signatures of the head, in ms (default 100). */
  readonly intervalMs?: number | undefined
  /** Called for what somebody should know; must not throw. */
  readonly onEvent?: ((event: SignaturesEvent) => void) | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  readonly disk?: Disk | undefined
}

export type SignaturesEvent =
  /** The digests have come to the head for the first time, after so many milliseconds. */
  | { readonly event: 'ready'; readonly entries: number; readonly ms: number }
  /** A signature that was added is of another history than the log's. */
  | { readonly event: 'differs'; readonly nextEntry: bigint }
  /** The log or the file with the signatures cannot be read or written; that is tried again. */
  | { readonly event: 'failed'; readonly error: unknown }

/** How far signatures are. */
export interface SignaturesStatus {
  /** Whether readers may have them. */
  readonly isGranted: boolean
  /** Entries that are hashed. */
  readonly hashedEntries: number
  /** Entries before the newest signed point. */
  readonly signedEntries: number
  /** When it was signed: seconds since 1970. */
  readonly signedAt: number | undefined
}

/** The head is signed so often at least while there are commits, also where the digests do not come to it. */
const MOST_UNSIGNED_MS = 1000
/** Time between two writes of the newest point. */
const NEWEST_MS = 1000

/**
 * The running digests of a log, and who vouches for them: counted on with every commit, kept in a file beside the stream.
 * docs/spec/protocol.md §12.
 *
 * Invariants: a point is signed or taken over only if its digest is that of the log; after a change of the log nothing
 * remains of what was after it.
 */
export class StreamSignatures implements ServedSignatures, AsyncDisposable {
  readonly #log: StreamLog
  readonly #clock: Clock
  readonly #onEvent: (event: SignaturesEvent) => void
  readonly #signs: boolean
  readonly #rows: Rows
  readonly #recent: RecentPoints
  readonly #given = new GivenSignatures()
  readonly #signer: HeadSigner
  readonly #openedAt: number
  readonly #digested: DigestedLog
  #isReady = false
  #newestWrittenAt = Number.NEGATIVE_INFINITY

  private constructor(options: SignaturesOptions, file: SignatureFile, newest: SignedPoint | undefined) {
    const { log, keys = [], intervalMs = 100, clock = systemClock } = options
    const identity = feedIdentity(log.header)
    this.#log = log
    this.#clock = clock
    this.#openedAt = clock.now()
    this.#onEvent = options.onEvent ?? (() => {})
    this.#signs = keys.length > 0
    this.#recent = new RecentPoints(Number(log.header.totalEntries))
    const onError = (error: unknown): void => this.#onEvent({ event: 'failed', error })
    this.#signer = new HeadSigner({
      keys,
      identity,
      intervalMs,
      clock,
      onSigned: (point, signatures) => this.#publish({ ...point, signatures, endsPage: false }),
      onError,
    })
    const { digest } = DigestChain.atStart(identity, sha256Into)
    const start: DigestPoint = { number: 0, position: HEADER_PAGE_BYTES, digest }
    this.#rows = new Rows({ file, keys, start, sign: (point) => this.#signer.sign(point) })
    if (!this.#signs && newest !== undefined) this.#giveAgain(newest)
    this.#digested = new DigestedLog({
      log,
      rows: this.#rows,
      start,
      clock,
      stopAfter: (number) => this.#given.nextAfter(number),
      onPoint: (point) => this.#onPoint(point),
      onPageEnd: (point, isStale) => this.#onPageEnd(point, isStale),
      onHead: (point) => this.#onHead(point),
      onChange: (number) => {
        this.#recent.truncate(number)
        this.#given.clear()
        this.#signer.clear()
      },
      onError,
    })
  }

  /**
   * Begin. What the file beside the stream holds is gone on from, and made if there is none; that is done in the background.
   *
   * @throws {RangeError} if there are more than two keys
   * @throws {LockedError} if another process keeps that file up
   * @throws the system's error
   */
  static async open(options: SignaturesOptions): Promise<StreamSignatures> {
    const { log, keys = [], disk = nodeDisk } = options
    if (keys.length > MAX_SIGNATURES) throw new RangeError(`${keys.length} keys, expected ${MAX_SIGNATURES} at most`)
    const file = await SignatureFile.open(disk, log.path, feedIdentity(log.header))
    return new StreamSignatures(options, file, await file.newest())
  }

  get isGranted(): boolean {
    return isGranted(this.state, this.#log.header)
  }

  get state(): SignatureState {
    return { isReady: this.#isReady, signs: this.#signs, recent: this.recent, recentSince: this.recentSince }
  }

  get recent(): readonly SignedPoint[] {
    return this.#recent.all
  }

  get recentSince(): number {
    return this.#recent.since
  }

  get status(): SignaturesStatus {
    const { newest } = this.#recent
    const signedAt = newest?.signatures[0]?.time
    return {
      isGranted: this.isGranted,
      hashedEntries: this.#digested.entries,
      signedEntries: newest?.number ?? 0,
      signedAt: signedAt === undefined ? undefined : Number(signedAt),
    }
  }

  listen(onChange: () => void): () => void {
    return this.#recent.listen(onChange)
  }

  pageEnd(page: number): Promise<SignedPoint | undefined> {
    return this.#rows.signed(page)
  }

  async after(number: number): Promise<SignedPoint | undefined> {
    const { position } = await this.#log.locate(number)
    const row = await this.#rows.signedFrom(pageOf(position), number)
    return row ?? this.#recent.all.find((point) => point.number > number)
  }

  /** Numbers of entries, in order, before which pages end that the keys of the newest point have not signed. @throws the system's error */
  lacking(): AsyncGenerator<number, void, void> {
    return this.#rows.lacking(this.#recent.newest?.signatures.map(({ keyId }) => keyId) ?? [])
  }

  async digestAt(number: number): Promise<Uint8Array> {
    return (await this.#digested.pointAt(number)).digest
  }

  /** Take over a signature from elsewhere, once its entries are in the log and hashed. It is not verified. */
  add(signed: SignedDigest): void {
    if (signed.nextEntry > this.#digested.entries) {
      this.#given.add(signed)
      return
    }
    const number = Number(signed.nextEntry)
    // What the log has not, or cannot read, nobody is given either.
    this.#digested.pointAt(number).then(
      (point) => this.#accept(signed, point),
      () => undefined,
    )
  }

  /** Sign no more, and write what is to be kept. */
  async close(): Promise<void> {
    this.#signer.clear()
    await this.#digested.close()
    const { newest } = this.#recent
    if (newest !== undefined) await this.#rows.putNewest(newest).catch(() => undefined)
    await this.#rows.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Signatures that came from elsewhere cannot be made again. */
  #giveAgain({ number, digest: runningDigest, signatures }: SignedPoint): void {
    for (const signature of signatures) this.#given.add({ nextEntry: BigInt(number), runningDigest, signature })
  }

  #onPoint(point: DigestPoint): void {
    for (const signed of this.#given.take(point)) this.#accept(signed, point)
    if (this.#signs && this.#isReady && this.#signer.sinceLast >= MOST_UNSIGNED_MS) this.#signer.signHead(point)
  }

  async #onPageEnd(point: DigestPoint, isStale: () => boolean): Promise<void> {
    const signed = await this.#rows.put(point, this.#recent.at(point.number)?.signatures ?? [])
    if (!isStale() && signed.signatures.length > 0) this.#publish(signed)
  }

  #onHead(point: DigestPoint): void {
    if (this.#signs && this.#recent.newest?.number !== point.number) this.#signer.signHead(point)
    if (this.#isReady) return
    this.#isReady = true
    this.#onEvent({ event: 'ready', entries: point.number, ms: this.#clock.now() - this.#openedAt })
    this.#recent.changed()
  }

  #accept({ nextEntry, runningDigest, signature }: SignedDigest, point: DigestPoint): void {
    if (!point.digest.every((byte, i) => byte === runningDigest[i])) {
      this.#onEvent({ event: 'differs', nextEntry })
      return
    }
    const known = this.#recent.at(point.number)
    const signatures = withSignature(known?.signatures ?? [], signature, MAX_SIGNATURES)
    this.#publish({ ...point, signatures, endsPage: known?.endsPage ?? false })
    this.#rows.sign(point, signature).catch((error: unknown) => this.#onEvent({ event: 'failed', error }))
  }

  #publish(point: SignedPoint): void {
    if (!this.#recent.add(point) || this.#signs) return
    const now = this.#clock.now()
    if (now - this.#newestWrittenAt < NEWEST_MS) return
    this.#newestWrittenAt = now
    this.#rows.putNewest(point).catch((error: unknown) => this.#onEvent({ event: 'failed', error }))
  }
}

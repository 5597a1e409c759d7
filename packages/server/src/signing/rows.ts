import type { DigestSignature } from '@datastreamer/format'
import type { SignerKey } from '@datastreamer/format/signing'
import type { CommitPoint } from '@datastreamer/store/log'
import type { DigestPoint, SignedPoint } from '../tcp/known-signatures.ts'
import { withSignature } from './given-signatures.ts'
import { MAX_SIGNATURES, pageOfPoint } from './point-row.ts'
import type { SignatureFile } from './signature-file.ts'

export interface RowsOptions {
  readonly file: SignatureFile
  /** Before the first entry. */
  readonly start: DigestPoint
  /** Who has to have signed every row; if there is nobody, rows have the signatures that they are given. */
  readonly keys: readonly SignerKey[]
  readonly sign: (point: DigestPoint) => Promise<readonly DigestSignature[]>
}

/** Pages after one that are looked at for a signed point. */
const MOST_PAGES_LOOKED_AT = 16

/** A row is not of the log, and the one that digests were counted on from may not be either. */
export class StaleRows extends Error {
  override readonly name: string = 'StaleRows'
}

/**
 * The points at the ends of pages, in the file beside the stream. It may be of an earlier time, or of a log that was changed while
 * nobody kept it up: rows are believed once one of them was found to be right.
 *
 * Invariant: writes are done one after the other.
 */
export class Rows {
  readonly #options: RowsOptions
  readonly #file: SignatureFile
  #writes: Promise<unknown> = Promise.resolve()
  /** Whether a row was found to be right after the one that the digests were counted on from. */
  #isBelieved = false
  /** Rows at the end that are not believed. */
  #back = 2

  constructor(options: RowsOptions) {
    this.#options = options
    this.#file = options.file
  }

  /** The newest point in the file, of whatever history. @throws the system's error */
  newest(): Promise<SignedPoint | undefined> {
    return this.#file.newest()
  }

  /** Where to begin to count digests on, so that the last rows are looked at. @throws the system's error */
  async base({ totalEntries, totalLength }: CommitPoint): Promise<DigestPoint> {
    await this.truncate(pageOfPoint({ position: totalLength }))
    for (let page = this.#file.rows - this.#back; page >= 0; page--) {
      const row = await this.#file.row(page)
      if (row !== undefined && row.number <= totalEntries && row.position <= totalLength) return row
    }
    this.#isBelieved = true
    return this.#options.start
  }

  /** The last point at the end of a page before one; the start of the log, if there is none. @throws the system's error */
  async before(page: number): Promise<DigestPoint> {
    for (let each = page - 1; each >= 0; each--) {
      const row = await this.#file.row(each)
      if (row !== undefined) return row
    }
    return this.#options.start
  }

  /** The point at the end of a page, if it is signed. */
  async signed(page: number): Promise<SignedPoint | undefined> {
    const row = await this.#file.row(page).catch(() => undefined)
    return row !== undefined && row.signatures.length > 0 ? row : undefined
  }

  /** The first signed point after an entry at the end of a page or of one of some pages after it. */
  async signedFrom(page: number, number: number): Promise<SignedPoint | undefined> {
    for (let each = page; each < page + MOST_PAGES_LOOKED_AT; each++) {
      const row = await this.signed(each)
      if (row !== undefined && row.number > number) return row
    }
    return undefined
  }

  /** Numbers of entries before which pages end where a signature of one of some keys is missing. @throws the system's error */
  async *lacking(keyIds: readonly number[]): AsyncGenerator<number, void, void> {
    for (let page = 0; page < this.#file.rows; page++) {
      const row = await this.#file.row(page)
      if (row !== undefined && !isSignedBy(row.signatures, keyIds)) yield row.number
    }
  }

  /**
   * Compare the point at the end of a page with its row, which is made again if it cannot be read, and signed again if a
   * signature is missing.
   *
   * @returns whether it is that of the log
   * @throws the system's error
   */
  async audit(point: DigestPoint): Promise<boolean> {
    const row = await this.#file.row(pageOfPoint(point))
    if (row !== undefined && !isSame(row, point)) return false
    await this.put(point, [])
    return true
  }

  /**
   * Put the point at the end of a page in its place.
   *
   * @param given signatures that it is known to have
   * @throws {StaleRows} if another one is there, and digests have to be counted on from further back
   * @throws the system's error
   */
  async put(point: DigestPoint, given: readonly DigestSignature[]): Promise<SignedPoint> {
    const page = pageOfPoint(point)
    const row = await this.#file.row(page)
    const known = row !== undefined && isSame(row, point) ? row : undefined
    if (row !== undefined && known === undefined) {
      if (!this.#isBelieved) await this.#goBack(page)
      await this.truncate(page)
    }
    this.#isBelieved = true
    const signatures = await this.#signaturesOf(point, known?.signatures ?? [], given)
    const signed: SignedPoint = { ...point, signatures, endsPage: true }
    if (known === undefined || signatures !== known.signatures) await this.#write(() => this.#file.put(signed))
    return signed
  }

  /** Add a signature to the point at the end of a page, if it is one. */
  async sign(point: DigestPoint, signature: DigestSignature): Promise<void> {
    const row = await this.#file.row(pageOfPoint(point))
    if (row === undefined || !isSame(row, point)) return
    const signatures = withSignature(row.signatures, signature, MAX_SIGNATURES)
    await this.#write(() => this.#file.put({ ...row, signatures }))
  }

  putNewest(point: SignedPoint): Promise<void> {
    return this.#write(() => this.#file.putNewest(point))
  }

  /** Forget the rows from a page on. */
  truncate(page: number): Promise<void> {
    return this.#write(() => this.#file.truncate(page))
  }

  async close(): Promise<void> {
    await this.#writes.catch(() => undefined)
    await this.#file.close()
  }

  async #goBack(page: number): Promise<never> {
    this.#back *= 2
    await this.truncate(page)
    throw new StaleRows(`the running digest at the end of page ${page} is not that of the stream`)
  }

  async #signaturesOf(
    point: DigestPoint,
    known: readonly DigestSignature[],
    given: readonly DigestSignature[],
  ): Promise<readonly DigestSignature[]> {
    const { keys, sign } = this.#options
    if (keys.length === 0) {
      return given.reduce((all, signature) => withSignature(all, signature, MAX_SIGNATURES), known)
    }
    const ids = keys.map(({ id }) => id)
    return known.length === ids.length && isSignedBy(known, ids) ? known : sign(point)
  }

  #write(work: () => Promise<void>): Promise<void> {
    const written = this.#writes.catch(() => undefined).then(work)
    this.#writes = written
    written.catch(() => undefined)
    return written
  }
}

function isSignedBy(signatures: readonly DigestSignature[], keyIds: readonly number[]): boolean {
  return keyIds.every((id) => signatures.some(({ keyId }) => keyId === id))
}

function isSame(a: DigestPoint, b: DigestPoint): boolean {
  return a.number === b.number && a.position === b.position && a.digest.every((byte, i) => byte === b.digest[i])
}

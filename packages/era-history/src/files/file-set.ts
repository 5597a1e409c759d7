import { ContentError, NotInFileError } from '@datastreamer/e2store'
import type { ArchiveOptions, Column } from '@datastreamer/e2store/execution'
import { LocationError } from '@datastreamer/e2store/location'
import type { SidecarIdentity } from '@datastreamer/e2store/sidecar'
import { HistoryError } from '../errors.ts'
import { equalBytes } from '../trust/bytes.ts'
import type { TrustedRoots, TrustMode } from '../trust/trust.ts'
import { Borders } from './borders.ts'
import { Catalog } from './catalog.ts'
import { FilePool, type OpenFile } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'
import { inParallel } from './parallel.ts'
import { Sidecars } from './sidecars.ts'
import { type VerifiedHeader, Verifier } from './verifier.ts'

export interface FileSetOptions {
  readonly trust: TrustMode
  readonly roots: TrustedRoots
  readonly maxOpenFiles: number
  readonly headerBytes: number
  readonly sidecarBytes: number
  readonly archive: ArchiveOptions
  /** Files are not used any more of which blocks were given already. */
  readonly onContradicted: () => void
}

const PARALLEL_OPENS = 8
/** Sidecars that may be open for each file that may be: they hold less. */
const SIDECARS_A_FILE = 2
/** The columns that a header is verified with. */
export const HEADER_COLUMNS: readonly Column[] = ['header', 'totalDifficulty', 'proof']

/** Files, which of them hold which blocks, and how they are opened and verified. */
export class FileSet {
  readonly catalog: Catalog = new Catalog()
  readonly pool: FilePool
  readonly verifier: Verifier
  readonly sidecars: Sidecars

  constructor({ trust, roots, maxOpenFiles, headerBytes, sidecarBytes, archive, onContradicted }: FileSetOptions) {
    const onChanged = (): void => this.catalog.update()
    this.pool = new FilePool({ maxOpen: maxOpenFiles, archive, onChanged })
    this.sidecars = new Sidecars(this.pool, SIDECARS_A_FILE * maxOpenFiles, sidecarBytes)
    const borders = new Borders({
      pool: this.pool,
      holding: (number) => this.catalog.holding(number),
      levelAlone: (open, number) => this.verifier.levelAlone(open, number),
      onContradicted: () => {
        onChanged()
        onContradicted()
      },
    })
    this.verifier = new Verifier({ trust, roots, headerBytes, borders, onChanged })
  }

  /**
   * Read a block, or a part of it, from the best file that has it as it must be.
   *
   * @returns `undefined` if no file holds the block
   * @throws {HistoryError} `BLOCK_REJECTED`, `UNTRUSTED`
   * @throws {LocationError} and errors of the system, if no other file gives the block
   */
  async read<T>(number: bigint, read: (open: OpenFile) => Promise<T>): Promise<T | undefined> {
    let failure: unknown
    const tried = new Set<HistoryFile>()
    for (;;) {
      // Opening a file may show that it holds other blocks than its name says.
      const file = this.catalog.holding(number).find((candidate) => !tried.has(candidate))
      if (file === undefined) break
      tried.add(file)
      try {
        return await this.pool.use(file, read)
      } catch (error) {
        if (error instanceof NotInFileError) continue
        failure ??= error instanceof ContentError ? rejected(number, file, error) : error
      }
    }
    if (failure !== undefined) throw failure
    return undefined
  }

  /** The verified header of a block; throws as {@link read}. */
  header(number: bigint): Promise<VerifiedHeader | undefined> {
    return this.read(number, async (open) =>
      this.verifier.verify(open, await open.archive.payloads(number, HEADER_COLUMNS)),
    )
  }

  /**
   * Whether the sidecar of a file may say that blocks have no logs, which no block that is read would show to be wrong: it is
   * of blocks that a trusted root covers, or of a file that nothing more is known of. Reads the last block where only that
   * tells.
   *
   * @throws {VerificationError} it is of other blocks, or its file has others than it must have
   */
  async mayRelyOn(file: HistoryFile, identity: SidecarIdentity): Promise<boolean> {
    if (file.isSidecarTrusted || this.verifier.isOfTrusted(file, identity)) return true
    try {
      const { hash } = await this.pool.use(file, async (open) =>
        this.verifier.verify(open, await open.archive.payloads(file.to, HEADER_COLUMNS)),
      )
      file.isSidecarTrusted = identity.accumulator !== undefined || equalBytes(identity.lastHash, hash)
    } catch (error) {
      // What is not trusted may be in another file.
      if (!(error instanceof HistoryError)) throw error
    }
    return file.isSidecarTrusted
  }

  /**
   * Open the files in which runs begin and end, so that it is known where that is. What cannot be opened is rejected.
   *
   * @throws {LocationError} a location does not answer now
   */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const ends = new Set<HistoryFile>()
      for (const { from, to } of this.catalog.runs) {
        for (const file of [...this.catalog.holding(from), ...this.catalog.holding(to)]) {
          if (file.status === 'unread') ends.add(file)
        }
      }
      if (ends.size === 0) return
      await inParallel([...ends], PARALLEL_OPENS, async (file) => {
        signal?.throwIfAborted()
        await this.pool.use(file, async () => {}).catch((error: unknown) => this.#reject(file, error))
      })
    }
  }

  /** Do not use the files any more that hold a block. */
  rejectHolders(number: bigint, error: Error): void {
    for (const file of this.catalog.holding(number)) file.reject(error)
    this.catalog.update()
  }

  /** Close files that are not part of the set any more, and forget what is known of them. */
  remove(files: ReadonlySet<HistoryFile>): void {
    for (const file of files) {
      this.pool.drop(file)
      this.sidecars.drop(file)
      this.verifier.forget(file)
    }
    for (const file of this.catalog.files) {
      if (file.rejectedBy === undefined || !files.has(file.rejectedBy)) continue
      file.restore()
      this.verifier.forget(file)
    }
    this.catalog.remove(files)
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.sidecars.close()])
  }

  #reject(file: HistoryFile, error: unknown): void {
    if (file.status === 'rejected') return
    if (!(error instanceof LocationError) || error.retryable) throw error
    file.reject(error)
    this.catalog.update()
  }
}

function rejected(number: bigint, { name, location }: HistoryFile, cause: ContentError): HistoryError {
  const message = `block ${number} in ${name} of ${location.name}: ${cause.message}`
  return new HistoryError('BLOCK_REJECTED', message, { cause })
}

import type { ExecutionArchiveName } from '@datastreamer/e2store/execution'
import type { Location } from '@datastreamer/e2store/location'
import { ERA_LENGTH } from '../trust/era.ts'
import type { TrustLevel } from '../trust/trust.ts'

/** How far a file was read: not at all, opened, verified or rejected. Unless it says so, as far as was needed. */
export type FileStatus = 'unread' | 'opened' | TrustLevel | 'rejected'

/** A file of a history, for those who want to show it. */
export interface FileState {
  /** Name of the location. */
  readonly location: string
  readonly name: string
  readonly kind: ExecutionArchiveName['kind']
  /** First and last block; until the file was opened, as its name says. */
  readonly from: bigint
  readonly to: bigint
  readonly holdsReceipts: boolean
  /**
   * `trusted` or `consistent` once headers were verified: of files with proofs those that were asked for, of others all.
   */
  readonly status: FileStatus
  /** Why it is rejected. */
  readonly error?: Error
  /** Whether other files are preferred for its first and its last block. */
  readonly isDouble: boolean
  /** Whether hashes and logs are found by a sidecar; why it is not used. */
  readonly sidecar: boolean
  readonly sidecarError?: Error
}

/** A file as a location lists it. */
export interface ListedArchive {
  readonly location: Location
  readonly name: string
  readonly parsed: ExecutionArchiveName
  readonly size: number | undefined
  /** The name of its sidecar, if there is one. */
  readonly sidecar: string | undefined
}

/** What a history remembers of a file, open or not. */
export class HistoryFile {
  readonly location: Location
  readonly name: string
  readonly parsed: ExecutionArchiveName
  readonly size: number | undefined
  status: FileStatus = 'unread'
  error: Error | undefined
  /** The file that contradicts this one, if that is why it is rejected. */
  rejectedBy: HistoryFile | undefined
  /** Whether the sidecar was compared with the file. */
  isSidecarChecked = false
  /** Whether the blocks that the sidecar is of were verified as far as they have to be. */
  isSidecarTrusted = false
  #sidecar: string | undefined
  #sidecarError: Error | undefined
  #from: bigint
  #to: bigint
  #holdsReceipts: boolean
  #holdsProofs: boolean

  constructor({ location, name, parsed, size, sidecar }: ListedArchive) {
    this.location = location
    this.name = name
    this.parsed = parsed
    this.size = size
    this.#sidecar = sidecar
    this.#from = BigInt(parsed.era) * ERA_LENGTH
    this.#to = this.#from + ERA_LENGTH - 1n
    this.#holdsReceipts = !parsed.profile.includes('noreceipts')
    this.#holdsProofs = parsed.kind === 'e2hs' || (parsed.kind === 'ere' && !parsed.profile.includes('noproofs'))
  }

  /** First block. */
  get from(): bigint {
    return this.#from
  }

  /** Last block. */
  get to(): bigint {
    return this.#to
  }

  get holdsReceipts(): boolean {
    return this.#holdsReceipts
  }

  /** Whether each block can be verified alone. */
  get holdsProofs(): boolean {
    return this.#holdsProofs
  }

  /** The name of the sidecar, if it can be used. */
  get sidecar(): string | undefined {
    return this.#sidecar
  }

  rejectSidecar(error: Error): void {
    this.#sidecar = undefined
    this.#sidecarError = error
  }

  /** Take over what the content says; returns whether that is other blocks than it was. */
  opened(content: { from: bigint; to: bigint; holdsReceipts: boolean; holdsProofs: boolean }): boolean {
    const changed = content.from !== this.#from || content.to !== this.#to
    this.#from = content.from
    this.#to = content.to
    this.#holdsReceipts = content.holdsReceipts
    this.#holdsProofs = content.holdsProofs
    if (this.status === 'unread') this.status = 'opened'
    return changed
  }

  /** @param by the file that contradicts this one */
  reject(error: Error, by?: HistoryFile): void {
    this.status = 'rejected'
    this.error = error
    this.rejectedBy = by
  }

  /** What contradicted it is not there any more. */
  restore(): void {
    this.status = 'opened'
    this.error = undefined
    this.rejectedBy = undefined
  }

  holds(number: bigint): boolean {
    return this.status !== 'rejected' && number >= this.#from && number <= this.#to
  }

  /** @param isDouble whether other files are preferred */
  state(isDouble: boolean): FileState {
    const { location, name, parsed, from, to, holdsReceipts, status, error } = this
    return {
      ...{ location: location.name, name, kind: parsed.kind, from, to, holdsReceipts, status },
      ...(error && { error }),
      isDouble,
      sidecar: this.#sidecar !== undefined,
      ...(this.#sidecarError && { sidecarError: this.#sidecarError }),
    }
  }
}

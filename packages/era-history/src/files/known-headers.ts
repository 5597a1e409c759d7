import { VerificationError } from '@datastreamer/e2store'
import { defaultHashes, headerRlpOf } from '@datastreamer/e2store/execution'
import type { TrustLevel } from '../trust/trust.ts'
import { type HeaderGroups, HeaderRecords, type VerifiedHeaders } from '../trust/verified-headers.ts'
import type { OpenFile } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'
import { KeptByFile } from './kept.ts'

/** A header that was read. */
export interface ReadHeader {
  readonly number: bigint
  readonly hash: Uint8Array
  /** As in the file, 32 bytes. */
  readonly totalDifficulty: Uint8Array | undefined
  /** Of its record. */
  readonly position: number
}

const NONE = new Uint8Array(0)

/**
 * Recognizes headers of files whose headers were verified all at once: at once those of the files used last, of others by
 * reading the headers around them. Only of files that were used long ago all headers are verified again.
 */
export class KnownHeaders {
  readonly #verify: (open: OpenFile) => Promise<VerifiedHeaders>
  readonly #records: KeptByFile<VerifiedHeaders>
  readonly #groups: KeptByFile<HeaderGroups>

  /** @param bytes most bytes kept of each of the two */
  constructor(bytes: number, verify: (open: OpenFile) => Promise<VerifiedHeaders>) {
    this.#verify = verify
    this.#records = new KeptByFile(bytes)
    this.#groups = new KeptByFile(bytes)
  }

  /**
   * How far a header was verified.
   *
   * @throws {VerificationError} `WRONG_ROOT`: it is another one than was verified
   */
  async level(open: OpenFile, header: ReadHeader): Promise<TrustLevel> {
    const { file } = open
    const groups = this.#records.known(file) === undefined ? this.#groups.known(file) : undefined
    const { level, has } = groups ? await inGroup(open, groups, header) : await this.#inRecords(open, header)
    if (has) return level
    const message = `block ${header.number} is not the one that was verified with the other headers of its file`
    throw new VerificationError('WRONG_ROOT', message, header.position)
  }

  forget(file: HistoryFile): void {
    this.#records.delete(file)
    this.#groups.delete(file)
  }

  async #inRecords(
    open: OpenFile,
    { number, hash, totalDifficulty }: ReadHeader,
  ): Promise<{ readonly level: TrustLevel; readonly has: boolean }> {
    const headers = await this.#records.get(open.file, async () => {
      const verified = await this.#verify(open)
      this.#groups.put(open.file, verified.groups())
      return verified
    })
    return { level: headers.level, has: headers.has(number, hash, totalDifficulty) }
  }
}

async function inGroup(
  { archive }: OpenFile,
  groups: HeaderGroups,
  wanted: ReadHeader,
): Promise<{ readonly level: TrustLevel; readonly has: boolean }> {
  const { from, to } = groups.around(wanted.number)
  const records = new HeaderRecords(Number(to - from))
  let isWanted = false
  const columns = ['header', 'totalDifficulty'] as const
  for await (const { number, header = NONE, totalDifficulty } of archive.iteratePayloads({ from, to, columns })) {
    const hash = number === wanted.number ? wanted.hash : defaultHashes().keccak256(headerRlpOf(archive.kind, header))
    isWanted ||= number === wanted.number
    records.add(hash, number === wanted.number ? wanted.totalDifficulty : totalDifficulty)
  }
  return { level: groups.level, has: isWanted && groups.has(from, records) }
}

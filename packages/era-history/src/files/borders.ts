import { ContentError, NotInFileError, VerificationError } from '@datastreamer/e2store'
import { decodeHeader, defaultHashes, headerRlpOf } from '@datastreamer/e2store/execution'
import { LocationError } from '@datastreamer/e2store/location'
import { equalBytes, hexOf } from '../trust/bytes.ts'
import type { TrustLevel } from '../trust/trust.ts'
import type { VerifiedHeaders } from '../trust/verified-headers.ts'
import type { FilePool, OpenFile } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'

export interface BordersOptions {
  readonly pool: FilePool
  /** The files that hold a block. */
  readonly holding: (number: bigint) => readonly HistoryFile[]
  /** How far a block is verified by its own file alone. @throws {ContentError} it is not what its file says */
  readonly levelAlone: (open: OpenFile, number: bigint) => Promise<TrustLevel>
  /** A file is not used any more, because another one contradicts it; nor is what was read of it. */
  readonly onContradicted: () => void
}

/** Where one file ends and the next one begins, as seen from one of the two. */
interface Border {
  /** The block before it. */
  readonly block: bigint
  /** Whether the file lies before it. */
  readonly isEnd: boolean
  /** The hash of the block before it, as this file has it or as the first block after it names it. */
  readonly hash: Uint8Array
}

interface Neighbour {
  readonly file: HistoryFile
  readonly hash: Uint8Array
}

/**
 * Compares files that no trusted root covers with the files before and after them, where those are held: each block has the
 * hash of the one before it as its parent. Of two files that contradict each other neither is used, unless a trusted root
 * covers one, or a third file agrees with it.
 */
export class Borders {
  readonly #options: BordersOptions

  constructor(options: BordersOptions) {
    this.#options = options
  }

  /**
   * Compare the first and the last block of a file that was verified alone.
   *
   * @throws {VerificationError} `WRONG_PARENT`
   */
  async check(file: HistoryFile, { parentHash, lastHash }: VerifiedHeaders): Promise<void> {
    await this.#checkBorder(file, { block: file.from - 1n, isEnd: false, hash: parentHash })
    await this.#checkBorder(file, { block: file.to, isEnd: true, hash: lastHash })
  }

  async #checkBorder(file: HistoryFile, border: Border): Promise<void> {
    const others = await this.#beside(border.block, !border.isEnd, file)
    if (others.some(({ hash }) => equalBytes(hash, border.hash))) return
    let contradicted: VerificationError | undefined
    for (const other of others) {
      const level = await this.#levelAlone(other.file, border)
      if (level === undefined) continue
      contradicted = contradiction(border, other)
      file.reject(contradicted, other.file)
      if (level === 'trusted' || (await this.#isSupported(file, border, other))) continue
      other.file.reject(contradicted, file)
    }
    if (contradicted === undefined) return
    this.#options.onContradicted()
    throw contradicted
  }

  /** Whether another file on the side of `file` agrees with `other`. */
  async #isSupported(file: HistoryFile, { block, isEnd }: Border, other: Neighbour): Promise<boolean> {
    const thirds = await this.#beside(block, isEnd, file)
    return thirds.some(({ hash }) => equalBytes(hash, other.hash))
  }

  /** The files before or after a border, but for one, with the hash that they have there. */
  async #beside(block: bigint, isEnd: boolean, but: HistoryFile): Promise<readonly Neighbour[]> {
    const number = isEnd ? block : block + 1n
    const found: Neighbour[] = []
    for (const file of this.#options.holding(number)) {
      if (file === but) continue
      const hash = await this.#ofOthers(file, async ({ archive }) => {
        const { header = NONE } = await archive.payloads(number, ['header'])
        const rlp = headerRlpOf(archive.kind, header)
        return isEnd ? defaultHashes().keccak256(rlp) : decodeHeader(rlp).parentHash
      })
      if (hash !== undefined) found.push({ file, hash })
    }
    return found
  }

  #levelAlone(file: HistoryFile, { block, isEnd }: Border): Promise<TrustLevel | undefined> {
    return this.#ofOthers(file, (open) => this.#options.levelAlone(open, isEnd ? block + 1n : block))
  }

  /** `undefined` if the other file is wrong itself, or cannot be read: then it says nothing. */
  async #ofOthers<T>(file: HistoryFile, read: (open: OpenFile) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#options.pool.use(file, read)
    } catch (error) {
      const saysNothing =
        error instanceof ContentError || error instanceof NotInFileError || error instanceof LocationError
      if (saysNothing) return undefined
      throw error
    }
  }
}

const NONE = new Uint8Array(0)

function contradiction({ block, isEnd, hash }: Border, other: Neighbour): VerificationError {
  const [named, found] = isEnd ? [other.hash, hash] : [hash, other.hash]
  const what = `block ${block} has hash ${hexOf(found)}, and block ${block + 1n} parent ${hexOf(named)}`
  const where = `${other.file.name} of ${other.file.location.name}`
  return new VerificationError('WRONG_PARENT', `${what}: the file and ${where} contradict each other`, 0)
}

import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { BASE_OFFSETS, baseIn, decodeBase, encodeBase, isUnwritten, type StoredBase } from './base.ts'

const [FIRST, SECOND] = BASE_OFFSETS

/**
 * Where a file begins, as it is written to its header page: into one slot after the other, each durable before the next.
 *
 * Invariant: a slot is written while the other one is known to be durable, also after a write that failed: what the system has in
 * memory then may never reach the disk.
 */
export class BaseSlots {
  readonly #file: DiskFile
  /** Whether the second slot may not be as it was written; otherwise it is the first, or none. */
  #isSecondInDoubt = false

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** Write where the file begins, durably; returns what it has now. If that fails, it has this or what it had before. */
  async write(base: Omit<StoredBase, 'sequence'>): Promise<StoredBase> {
    const { sequence = 0 } = baseIn(await this.#page()) ?? {}
    const next = { ...base, sequence: sequence + 1 }
    for (const at of this.#isSecondInDoubt ? [SECOND, FIRST] : [FIRST, SECOND]) {
      this.#isSecondInDoubt = at === SECOND
      await writeAll(this.#file, [encodeBase(next)], at)
      await this.#file.sync()
      this.#isSecondInDoubt = false
    }
    return next
  }

  /** The file was not closed: either slot may be in memory only. Write where it begins again. */
  async writeAgain(base: StoredBase): Promise<StoredBase> {
    const page = await this.#page()
    const [first, second] = [decodeBase(page, FIRST), decodeBase(page, SECOND)]
    // As long as the second one is what it was before, the first one is in doubt.
    const isOld = second === undefined ? isUnwritten(page, SECOND) : second.sequence < (first?.sequence ?? 0)
    this.#isSecondInDoubt = first !== undefined && !isOld
    return this.write(base)
  }

  /** Whether both slots say where the file begins: an interrupted write leaves it in one only. */
  async areSame(): Promise<boolean> {
    const page = await this.#page()
    const sequence = baseIn(page)?.sequence
    return sequence === 0 || BASE_OFFSETS.every((at) => decodeBase(page, at)?.sequence === sequence)
  }

  #page(): Promise<Uint8Array> {
    return readExactly(this.#file, 0, HEADER_PAGE_BYTES)
  }
}

import { createHash } from 'node:crypto'
import type { ByteSource } from '@datastreamer/e2store'
import { ChecksumFinder, type ChecksumList, checksumOf } from '@datastreamer/e2store/execution'

/** What a list of checksums says of a file. */
export type ChecksumResult =
  | { readonly is: 'listed' | 'unlisted'; readonly text: string }
  /** It is another file than the list has. */
  | { readonly is: 'wrong'; readonly code: 'WRONG_CHECKSUM' | 'NOT_LISTED'; readonly text: string }

/** Compares files with a list, whatever their names and contents are. */
export class ChecksumCheck {
  readonly #finder: ChecksumFinder
  /** Names in the list of which no file was seen yet. */
  readonly #unseen: Set<string>

  /** @param names of all files that are to be verified */
  constructor(list: ChecksumList, names: readonly string[]) {
    this.#finder = new ChecksumFinder(list, names)
    this.#unseen = new Set(list.entries.flatMap(({ name }) => (name === undefined ? [] : [name])))
    for (const name of names) this.#unseen.delete(name)
  }

  /** Files in the list that are not there, under no name. */
  get absent(): readonly string[] {
    return [...this.#unseen]
  }

  /** Why a list without names was used only as a set, if it was. */
  get notByPosition(): string | undefined {
    return this.#finder.notByPosition
  }

  async compare(source: ByteSource, name: string): Promise<ChecksumResult> {
    const listed = this.#finder.find(name)
    const found = await checksumOf(source, createHash('sha256'))
    if (listed === undefined) return this.#unnamed(found)
    if (listed.by === 'set') {
      if (listed.has(found)) return { is: 'listed', text: 'checksum is one of those listed' }
      return { is: 'wrong', code: 'NOT_LISTED', text: `the list has no checksum for it: SHA-256 is ${found}` }
    }
    if (found === listed.sha256) return { is: 'listed', text: 'checksum as listed' }
    return { is: 'wrong', code: 'WRONG_CHECKSUM', text: `SHA-256 is ${found}, listed is ${listed.sha256}` }
  }

  /** Lists may be older than files, and files are renamed: neither is a fault. */
  #unnamed(found: string): ChecksumResult {
    const name = this.#finder.nameOf(found)
    if (name !== undefined) {
      this.#unseen.delete(name)
      return { is: 'listed', text: `checksum as listed for ${name}` }
    }
    return { is: 'unlisted', text: 'NOT COMPARED: the list has no checksum for it' }
  }
}

import type { RlpReader } from '../../rlp/reader.ts'

/** Most items of one kind in a block: what the consensus specification allows for transactions. */
const MAX_ITEMS = 1_048_576

/** Limits the items of a block: many tiny ones would take far more memory than their bytes. */
export class ItemLimit {
  readonly #what: string
  #left = MAX_ITEMS

  /** @param what the items' name, plural */
  constructor(what: string) {
    this.#what = what
  }

  /** Count the next item of a list. @throws {E2FormatError} `BAD_RLP` */
  take(list: RlpReader): void {
    if (this.#left-- === 0) throw list.error(`more than ${MAX_ITEMS} ${this.#what}`, list.position)
  }
}

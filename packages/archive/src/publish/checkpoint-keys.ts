import { formatVerifierKey, type SignerKey } from '@datastreamer/format/signing'
import { formatCheckpoint, parseCheckpoint } from '../tlog/checkpoint.ts'
import { NoteError } from '../tlog/errors.ts'
import type { TreeState } from '../tlog/merkle.ts'
import { openNote, signNote } from '../tlog/note.ts'

/** A checkpoint of the log, as it was signed. */
export interface SignedCheckpoint extends TreeState {
  readonly note: Uint8Array
}

/** The keys that sign for a log: one, or while it is replaced the old one and the new one. docs/spec/history.md §2. */
export class CheckpointKeys {
  /** Names the log. */
  readonly origin: string
  readonly #keys: readonly SignerKey[]

  /** @throws {RangeError} no key, or keys of several names */
  constructor(keys: readonly SignerKey[]) {
    const [first] = keys
    if (first === undefined) throw new RangeError('no key to sign with')
    const other = keys.find(({ name }) => name !== first.name)
    if (other !== undefined)
      throw new RangeError(`keys of two logs: ${[first, other].map(formatVerifierKey).join(', ')}`)
    this.origin = first.name
    this.#keys = keys
  }

  /** @throws {KeyError} `NO_CRYPTO` */
  async sign({ size, root }: TreeState): Promise<SignedCheckpoint> {
    const text = formatCheckpoint({ origin: this.origin, size: BigInt(size), root })
    return { size, root, note: await signNote(text, this.#keys) }
  }

  /** The checkpoint in a note; `undefined` if it is none of this log, signed by one of its keys. */
  async open(note: Uint8Array): Promise<SignedCheckpoint | undefined> {
    try {
      const { text } = await openNote(note, this.#keys)
      const { origin, size, root } = parseCheckpoint(text)
      if (origin !== this.origin || size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
      return { size: Number(size), root, note }
    } catch (error) {
      if (error instanceof NoteError) return undefined
      throw error
    }
  }
}

import { u32 } from '../io/little-endian.ts'
import { depthOf, LeafHasher, mixLength, reduceLeaves } from './leaf-hasher.ts'
import { malformed } from './parts.ts'
import { hashTreeRoot, isBasic, listDepth, rootsOfFixed } from './root.ts'
import { type FieldLayout, fixedPart, fixedSize, type SszContainer, type SszType } from './type.ts'

/** Elements that are hashed together. */
const ELEMENTS = 1024
/** Largest value that is held as a whole: of variable size with elements of variable size, or kept. */
const MAX_HELD_BYTES = 64 * 1_048_576

/** What reading a serialized container in chunks gives. */
export interface StreamedRoot {
  /** hash_tree_root. */
  readonly root: Uint8Array
  /** Bytes read. */
  readonly length: number
  /** The fixed part: values of fixed size, and offsets. */
  readonly fixed: Uint8Array
  /** The serialized values of the fields that were to be kept. */
  readonly kept: ReadonlyMap<string, Uint8Array>
}

/** The value of one field of variable size, arriving in chunks. */
interface FieldReader {
  push(chunk: Uint8Array): void
  root(): Uint8Array
}

/** Holds the whole value. */
class HeldField implements FieldReader {
  readonly #type: SszType
  readonly #position: number
  #parts: Uint8Array[] = []
  #length = 0

  constructor(type: SszType, position: number) {
    this.#type = type
    this.#position = position
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.length
    if (this.#length > MAX_HELD_BYTES) malformed(`a field of more than ${MAX_HELD_BYTES} bytes`, this.#position)
    this.#parts.push(chunk.slice())
  }

  value(): Uint8Array {
    const value = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      value.set(part, at)
      at += part.length
    }
    this.#parts = [value]
    return value
  }

  root(): Uint8Array {
    return hashTreeRoot(this.#type, this.value(), this.#position)
  }
}

/** A list of elements of fixed size: holds some of them. */
class ListField implements FieldReader {
  readonly #of: SszType
  readonly #limit: number
  readonly #position: number
  readonly #leaves: LeafHasher
  readonly #batch: Uint8Array
  readonly #size: number
  #filled = 0
  #count = 0

  constructor(of: SszType, size: number, limit: number, position: number) {
    this.#of = of
    this.#size = size
    this.#limit = limit
    this.#position = position
    this.#leaves = new LeafHasher(listDepth(of, limit))
    this.#batch = new Uint8Array(size * ELEMENTS)
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + this.#batch.length - this.#filled)
      this.#batch.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
      if (this.#filled === this.#batch.length) this.#flush()
    }
  }

  root(): Uint8Array {
    if (this.#filled % this.#size !== 0)
      malformed(`a list that ends in an element of ${this.#size} bytes`, this.#position)
    this.#flush()
    return mixLength(this.#leaves.root(), this.#count)
  }

  #flush(): void {
    const count = this.#filled / this.#size
    this.#count += count
    if (this.#count > this.#limit) malformed(`more than ${this.#limit} elements`, this.#position)
    if (count === 0) return
    const values = this.#batch.subarray(0, this.#filled)
    this.#leaves.push(isBasic(this.#of) ? values : rootsOfFixed(this.#of, values, count, this.#position))
    this.#filled = 0
  }
}

/**
 * Reads a serialized container in chunks and computes its hash_tree_root.
 *
 * Holds the container's fixed part, a batch of elements of the list that is being read, fields whose elements have a
 * variable size, and what is to be kept: some megabytes of a beacon state of any size.
 */
export class StateReader {
  readonly #type: SszContainer
  readonly #position: number
  readonly #keep: readonly string[]
  readonly #fixed: Uint8Array
  readonly #variable: readonly FieldLayout[]
  readonly #roots = new Map<string, Uint8Array>()
  readonly #kept = new Map<string, Uint8Array>()
  #length = 0
  /** The field of variable size that is being read: its number among those, and where it ends. */
  #at = -1
  #end: number
  #field: FieldReader | undefined

  /** @param keep names of lists whose values are returned */
  constructor(type: SszContainer, keep: readonly string[] = [], position = 0) {
    this.#type = type
    this.#keep = keep
    this.#position = position
    const { layouts, size } = fixedPart(type)
    this.#fixed = new Uint8Array(size)
    this.#variable = layouts.filter((layout) => layout.size === undefined)
    this.#end = size
  }

  /** @throws {E2FormatError} `BAD_SSZ` */
  push(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0) {
      const part = rest.subarray(0, this.#end - this.#length)
      if (this.#length < this.#fixed.length) this.#fixed.set(part, this.#length)
      else this.#field?.push(part)
      this.#length += part.length
      rest = rest.subarray(part.length)
      while (this.#length === this.#end && this.#nextField()) {
        // Empty fields end where they begin.
      }
      if (part.length === 0 && rest.length > 0) malformed(`bytes after the end of the value`, this.#position)
    }
  }

  /** @throws {E2FormatError} `BAD_SSZ`: the value is not complete */
  finish(): StreamedRoot {
    while (this.#at < this.#variable.length - 1 && this.#length === this.#end) this.#nextField()
    const complete = this.#length >= this.#fixed.length && this.#at === this.#variable.length - 1
    if (!complete) malformed(`${this.#length} bytes, expected more`, this.#position)
    this.#finishField()
    const { layouts } = fixedPart(this.#type)
    const leaves = new Uint8Array(32 * layouts.length)
    for (const [i, { name, type, at, size }] of layouts.entries()) {
      const root =
        size === undefined
          ? this.#roots.get(name)
          : hashTreeRoot(type, this.#fixed.subarray(at, at + size), this.#position)
      leaves.set(root as Uint8Array, 32 * i)
    }
    const root = reduceLeaves(leaves, depthOf(layouts.length))
    return { root, length: this.#length, fixed: this.#fixed, kept: this.#kept }
  }

  /** Begin the next field; `false` if there is none. */
  #nextField(): boolean {
    const layout = this.#variable[this.#at + 1]
    if (!layout) return false
    this.#finishField()
    this.#at++
    const start = u32(this.#fixed, layout.at)
    if (start !== this.#length) malformed(`field ${layout.name} at ${start}, expected ${this.#length}`, this.#position)
    const next = this.#variable[this.#at + 1]
    this.#end = next ? u32(this.#fixed, next.at) : Number.POSITIVE_INFINITY
    if (this.#end < start) malformed(`field ${next?.name} at ${this.#end}, after ${start}`, this.#position)
    this.#field = this.#readerOf(layout)
    return true
  }

  #readerOf({ name, type }: FieldLayout): FieldReader {
    const size = type.kind === 'list' && fixedSize(type.of)
    if (type.kind !== 'list' || !size || this.#keep.includes(name)) return new HeldField(type, this.#position)
    return new ListField(type.of, size, type.limit, this.#position)
  }

  #finishField(): void {
    const layout = this.#variable[this.#at]
    if (!layout || !this.#field) return
    this.#roots.set(layout.name, this.#field.root())
    if (this.#field instanceof HeldField && this.#keep.includes(layout.name))
      this.#kept.set(layout.name, this.#field.value())
    this.#field = undefined
  }
}

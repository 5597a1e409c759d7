import type { Random } from './random.ts'
import { PAGE_BYTES, SparseBytes } from './sparse-bytes.ts'

const SECTOR_BYTES = 512
/** An aligned word of this size is written whole or not at all, whatever dies. */
const WORD_BYTES = 8

export type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number }
  | { readonly kind: 'free'; readonly from: number; readonly to: number }

/** A bit that has flipped, and its byte since then. */
export interface Flip {
  readonly position: number
  readonly bit: number
  readonly byte: number
}

/** A bit that has flipped, and in which file. */
export interface Rotten extends Flip {
  readonly path: string
}

/** A file: what is on the platter, and what the machine sees. */
export class SimContent {
  readonly #random: Random
  #durable = new SparseBytes()
  #current = new SparseBytes()
  #unsynced: Change[] = []
  /** Pages of memory that a failed sync has lost: the machine treats them as written, and may drop them. */
  readonly #lost = new Set<number>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The bytes as the machine sees them. */
  get current(): SparseBytes {
    return this.#current
  }

  change(change: Change): void {
    applyChange(this.#current, change)
    this.#unsynced.push(change)
    // Written pages stay in memory until they are synced; truncated ones are gone.
    const { from, to } = reach(change)
    for (const page of this.#lost) if (page >= from && page <= to) this.#lost.delete(page)
  }

  sync(): void {
    for (const change of this.#unsynced) applyChange(this.#durable, change)
    this.#unsynced = []
  }

  /** A sync failed: what was written and not synced reaches the platter by chance, or never. */
  lose(): void {
    for (const change of this.#unsynced) {
      if (change.kind !== 'write') continue
      this.#maybeApply(change)
      const { from, to } = reach(change)
      for (let page = from; page <= to; page++) this.#lost.add(page)
    }
    // Sizes are in the file system's journal, which a failed write of data does not affect.
    this.#unsynced = this.#unsynced.filter(({ kind }) => kind !== 'write')
  }

  /** Memory is short: each lost page that a read is about to see may come from the platter from now on. */
  forget(position: number, length: number, isForgotten: () => boolean): void {
    for (const page of this.#lost) {
      if (page < pageOf(position) || page > pageOf(position + length - 1) || !isForgotten()) continue
      this.#lost.delete(page)
      const end = Math.min((page + 1) * PAGE_BYTES, this.#current.size)
      const bytes = new Uint8Array(Math.max(0, end - page * PAGE_BYTES))
      this.#durable.read(bytes, page * PAGE_BYTES)
      this.#current.write(bytes, page * PAGE_BYTES)
    }
  }

  /**
   * The power failed: of what was not synced, some is there, some is not, some is torn; in any order.
   *
   * @param isLost whether nothing of it is there
   */
  powerOff(isLost: boolean): void {
    if (!isLost) for (const change of this.#unsynced) this.#maybeApply(change)
    this.#unsynced = []
    this.#lost.clear()
    this.#current = this.#durable.copy()
  }

  /** Flip a bit of the platter. @returns where, or `undefined` if nothing was ever written there */
  rot(random: Random): Flip | undefined {
    const position = this.#durable.written(random)
    if (position === undefined) return undefined
    const bit = random.int(0, 7)
    for (const bytes of [this.#durable, this.#current]) {
      const byte = new Uint8Array(1)
      if (bytes.read(byte, position) === 1)
        bytes.write(
          byte.map((old) => old ^ (1 << bit)),
          position,
        )
    }
    const flipped = new Uint8Array(1)
    this.#durable.read(flipped, position)
    return { position, bit, byte: flipped[0] as number }
  }

  #maybeApply(change: Change): void {
    if (this.#random.chance(0.4)) return
    if (change.kind === 'free') {
      // In extents, each of which is freed or not.
      const to = this.#random.int(change.from, change.to)
      applyChange(this.#durable, this.#random.chance(0.5) ? { ...change, to } : { ...change, from: to })
    } else if (change.kind === 'resize' || this.#random.chance(0.6)) applyChange(this.#durable, change)
    else if (this.#random.chance(0.5)) this.#applySectors(change.bytes, change.position)
    else
      this.#durable.write(
        change.bytes.subarray(0, tornLength(change.position, change.bytes.length, this.#random)),
        change.position,
      )
  }

  /** A random selection of the sectors of a write, each one whole. */
  #applySectors(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES))
      if (this.#random.chance(0.5)) this.#durable.write(bytes.subarray(at, end), position + at)
      at = end
    }
  }
}

/** Number of bytes of a write that are there if something dies in its middle. */
export function tornLength(position: number, length: number, random: Random): number {
  const count = random.int(0, length)
  return isInWord(position, length) && count < length ? 0 : count
}

/** Number of bytes that a short write writes, at least one. */
export function countOfShortWrite(position: number, length: number, random: Random): number {
  const count = random.int(1, Math.max(1, length))
  return isInWord(position, length) ? length : count
}

/** Whether a write is within one aligned word, which is written whole or not at all. */
function isInWord(position: number, length: number): boolean {
  return length > 0 && wordOf(position) === wordOf(position + length - 1)
}

function wordOf(position: number): number {
  return Math.floor(position / WORD_BYTES)
}

function applyChange(bytes: SparseBytes, change: Change): void {
  if (change.kind === 'write') bytes.write(change.bytes, change.position)
  else if (change.kind === 'free') bytes.free(change.from, change.to)
  else bytes.resize(change.size)
}

/** The pages that a change affects. */
function reach(change: Change): { readonly from: number; readonly to: number } {
  if (change.kind === 'resize') return { from: pageOf(change.size), to: Number.POSITIVE_INFINITY }
  if (change.kind === 'free') return { from: pageOf(change.from), to: pageOf(change.to - 1) }
  return { from: pageOf(change.position), to: pageOf(change.position + change.bytes.length - 1) }
}

function pageOf(position: number): number {
  return Math.floor(position / PAGE_BYTES)
}

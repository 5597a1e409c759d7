import { equalBytes, rootAt, toHex } from './bytes.ts'
import type { EraRoots } from './era-roots.ts'

/** What the index looks into. */
export interface IndexedEras {
  /** The highest and the lowest era. */
  readonly newest: bigint
  readonly first: bigint
  roots(era: bigint): Promise<EraRoots | undefined>
  hasBlock(slot: bigint): Promise<boolean>
  /** Root of an era's state by its bytes. */
  stateRoot(era: bigint): Promise<Uint8Array | undefined>
}

/** The first four bytes of a root as a number. */
function prefixOf(root: Uint8Array): number {
  return new DataView(root.buffer, root.byteOffset).getUint32(0, true)
}

/**
 * Finds the slot of a block and the era of a state by their roots.
 *
 * Built from the newest era on, as far back as what was asked for needs; then kept: four bytes a slot, 32 KiB for an
 * era of 8192 slots, so 52 MB for 1,600 eras. A root that no era has is known only after all of them were read, once.
 */
export class RootIndex {
  readonly #eras: IndexedEras
  /** Prefixes of the block roots of an era, by slot, newest era first. */
  readonly #blocks: { readonly era: bigint; readonly prefixes: Uint32Array }[] = []
  /** Eras by their states' roots in hex. */
  readonly #states = new Map<string, bigint>()
  #next: bigint | undefined
  /** Whether the era after the next one is not held. */
  #isGap = false
  #reading: Promise<boolean> | undefined

  constructor(eras: IndexedEras) {
    this.#eras = eras
  }

  /** Slot of the block with a root; `undefined` if no era has it. */
  async blockSlot(root: Uint8Array): Promise<bigint | undefined> {
    const prefix = prefixOf(root)
    for (let i = 0; ; i++) {
      if (i === this.#blocks.length && !(await this.#more(() => i < this.#blocks.length))) return undefined
      const { era, prefixes } = this.#blocks[i] ?? { era: 0n, prefixes: new Uint32Array(0) }
      for (let at = prefixes.indexOf(prefix); at >= 0; at = prefixes.indexOf(prefix, at + 1)) {
        const slot = await this.#confirmed(era, at, root)
        if (slot !== undefined) return slot
      }
    }
  }

  /** Era of the state with a root, in hex; `undefined` if no era has it. */
  async stateEra(root: string): Promise<bigint | undefined> {
    while (!this.#states.has(root)) {
      if (!(await this.#more(() => this.#states.has(root)))) return undefined
    }
    return this.#states.get(root)
  }

  /** A slot, if it has the block of this root: empty slots repeat the root before them. */
  async #confirmed(era: bigint, at: number, root: Uint8Array): Promise<bigint | undefined> {
    const roots = await this.#eras.roots(era)
    if (!roots || !equalBytes(rootAt(roots.head.blockRoots, at), root)) return undefined
    const slot = roots.stateSlot - BigInt(roots.head.blockRoots.length / 32) + BigInt(at)
    return slot === 0n || (await this.#eras.hasBlock(slot)) ? slot : undefined
  }

  /** Read eras, unless another lookup has, until one more is in the index; `false` if there is none. */
  async #more(isEnough: () => boolean): Promise<boolean> {
    for (;;) {
      if (isEnough()) return true
      this.#reading ??= this.#readNext().finally(() => {
        this.#reading = undefined
      })
      if (!(await this.#reading)) return isEnough()
    }
  }

  async #readNext(): Promise<boolean> {
    const era = this.#next ?? this.#eras.newest
    if (era < this.#eras.first) return false
    const roots = await this.#eras.roots(era)
    if (roots && this.#isGap) await this.#addState(era)
    if (roots && era > 0n) {
      const { blockRoots, stateRoots } = roots.head
      const prefixes = Uint32Array.from({ length: blockRoots.length / 32 }, (_, i) => prefixOf(rootAt(blockRoots, i)))
      this.#blocks.push({ era, prefixes })
      this.#states.set(toHex(rootAt(stateRoots, 0)), era - 1n)
    }
    this.#isGap = !roots
    this.#next = era - 1n
    return true
  }

  /** Add a state whose root is in no other, for the era after it is not held. */
  async #addState(era: bigint): Promise<void> {
    const root = await this.#eras.stateRoot(era)
    if (root) this.#states.set(toHex(root), era)
  }
}

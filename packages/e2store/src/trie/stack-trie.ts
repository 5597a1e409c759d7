import type { Hashes } from '../hash/hashes.ts'
import { encodeRlp, type RawRlp, rawRlp } from '../rlp/encode.ts'

const NO_CHILD = rawRlp(Uint8Array.of(0x80))
const NO_VALUE = new Uint8Array(0)

/** An open branch node on the path of the last key. */
interface Branch {
  /** Nibbles of the path above it. */
  readonly depth: number
  readonly children: RawRlp[]
}

/**
 * The root of a Merkle-Patricia trie whose entries are added in ascending order of their keys. Holds one path of nodes,
 * so memory does not grow with the number of entries. No key may be a prefix of another.
 *
 * @see docs/spec/e2store-execution.md §4
 */
export class StackTrie {
  readonly #hashes: Hashes
  readonly #open: Branch[] = []
  #path: Uint8Array | undefined
  #value: Uint8Array = NO_VALUE

  constructor(hashes: Hashes) {
    this.#hashes = hashes
  }

  /**
   * Add an entry. `value` is kept until the next call.
   *
   * @throws {RangeError} for a key that is not greater than the one before it, or a prefix of it
   */
  add(key: Uint8Array, value: Uint8Array): void {
    const path = nibbles(key)
    const last = this.#path
    if (last !== undefined) {
      let common = 0
      while (common < last.length && last[common] === path[common]) common++
      if (common === last.length || common === path.length || (path[common] as number) < (last[common] as number)) {
        throw new RangeError('keys of a trie must ascend and none may be a prefix of another')
      }
      this.#close(last, common)
    }
    this.#path = path
    this.#value = value
  }

  /** The 32-byte root of all entries; none can be added afterwards. */
  root(): Uint8Array {
    const path = this.#path
    if (path === undefined) return this.#hashes.keccak256(Uint8Array.of(0x80))
    let node = this.#leaf(path, (this.#open.at(-1)?.depth ?? -1) + 1)
    for (let branch = this.#open.pop(); branch !== undefined; branch = this.#open.pop()) {
      branch.children[path[branch.depth] as number] = this.#reference(node)
      node = this.#branch(branch, path, (this.#open.at(-1)?.depth ?? -1) + 1)
    }
    return this.#hashes.keccak256(node)
  }

  /** Finish all nodes of the last path below depth `common`, where the next key diverges. */
  #close(path: Uint8Array, common: number): void {
    const parent = Math.max(common, this.#open.at(-1)?.depth ?? -1)
    let node = this.#leaf(path, parent + 1)
    let top = this.#open.at(-1)
    while (top !== undefined && top.depth > common) {
      top.children[path[top.depth] as number] = this.#reference(node)
      this.#open.pop()
      const next = this.#open.at(-1)
      node = this.#branch(top, path, Math.max(common, next?.depth ?? -1) + 1)
      top = next
    }
    if (top?.depth !== common) {
      top = { depth: common, children: new Array<RawRlp>(16).fill(NO_CHILD) }
      this.#open.push(top)
    }
    top.children[path[common] as number] = this.#reference(node)
  }

  #leaf(path: Uint8Array, from: number): Uint8Array {
    return encodeRlp([hexPrefix(path.subarray(from), true), this.#value])
  }

  /** A finished branch as a child at depth `from`: under an extension node if there are nibbles in between. */
  #branch({ depth, children }: Branch, path: Uint8Array, from: number): Uint8Array {
    const node = encodeRlp([...children, NO_VALUE])
    if (depth === from) return node
    return encodeRlp([hexPrefix(path.subarray(from, depth), false), this.#reference(node)])
  }

  /** How a parent refers to a node: the node itself if it is shorter than a hash. */
  #reference(node: Uint8Array): RawRlp {
    if (node.length < 32) return rawRlp(node)
    const reference = new Uint8Array(33)
    reference[0] = 0xa0
    reference.set(this.#hashes.keccak256(node), 1)
    return rawRlp(reference)
  }
}

function nibbles(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * key.length)
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number
    out[2 * i] = byte >> 4
    out[2 * i + 1] = byte & 15
  }
  return out
}

/** Nibbles packed into bytes after a flag nibble: 2 for a leaf, plus 1 for an odd number of them. */
function hexPrefix(path: Uint8Array, leaf: boolean): Uint8Array {
  const odd = path.length % 2
  const out = new Uint8Array(1 + (path.length - odd) / 2)
  const flag = (leaf ? 2 : 0) + odd
  out[0] = flag * 16 + (odd === 1 ? (path[0] as number) : 0)
  for (let i = 1; i < out.length; i++) {
    const at = 2 * i - 2 + odd
    out[i] = (path[at] as number) * 16 + (path[at + 1] as number)
  }
  return out
}

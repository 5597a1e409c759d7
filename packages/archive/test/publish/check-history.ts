import { LeafChain } from '../../src/leaf/check-follows.ts'
import { decodeLeaf } from '../../src/leaf/decode-leaf.ts'
import { type SegmentLeaf, segmentKey } from '../../src/leaf/leaf.ts'
import { nodeSha256 } from '../../src/node.ts'
import type { CheckpointKeys } from '../../src/publish/checkpoint-keys.ts'
import { sameBytes, samePoint } from '../../src/segment/point.ts'
import { decodeBundle } from '../../src/tlog/bundle.ts'
import { leafHash } from '../../src/tlog/merkle.ts'
import { TILE_WIDTH, tilePath } from '../../src/tlog/tile-path.ts'
import { newBundles } from '../../src/tlog/tiles.ts'
import { TreeHashes } from '../../src/tlog/tree-hashes.ts'
import type { ChangingStream } from './changing-stream.ts'
import { pointAfter } from './point-after.ts'
import { segmentEntries } from './segment-entries.ts'

/** Whether objects are a valid history at every moment, and each checkpoint continues those that were there before. */
export class HistoryWatch {
  readonly #roots = new Map<number, string>()
  /** Segments that were right. */
  readonly #checked = new Map<string, Uint8Array>()
  readonly keys: CheckpointKeys
  readonly #stream: ChangingStream

  constructor(keys: CheckpointKeys, stream: ChangingStream) {
    this.keys = keys
    this.#stream = stream
  }

  /** Leaves of the largest checkpoint that was seen. */
  get largest(): number {
    return Math.max(0, ...this.#roots.keys())
  }

  /** Check all; gives the valid segments. */
  async check(objects: ReadonlyMap<string, Uint8Array>): Promise<LeafChain> {
    const note = objects.get('checkpoint')
    const chain = new LeafChain()
    if (note === undefined) return chain
    const checkpoint = await this.keys.open(note)
    if (checkpoint === undefined) throw new Error('a checkpoint that the key did not sign')
    const { size, root } = checkpoint
    const leaves = readBundles(objects, size)
    for (const [i, leaf] of leaves.entries()) chain.push(decodeLeaf(leaf, i))
    const tree = new TreeHashes(nodeSha256)
    for (const leaf of leaves) tree.append(leafHash(nodeSha256, leaf))
    check(sameBytes(tree.root(), root), `${size} leaves do not make the root`)
    this.#checkRoots(tree)
    for (const { path, bytes } of tree.tiles(0)) check(sameBytes(tile(objects, path, bytes.length), bytes), `${path} has other hashes`)
    for (const leaf of chain.valid) await this.#checkSegment(leaf, objects.get(segmentKey(leaf)))
    return chain
  }

  /** The file is what the leaf says, and the stream had its entries. */
  async #checkSegment(leaf: SegmentLeaf, file: Uint8Array | undefined): Promise<void> {
    const key = segmentKey(leaf)
    if (file === undefined) throw new Error(`${key} is not there`)
    if (this.#checked.get(key) === file) return
    check(sameBytes(nodeSha256.digest(file), leaf.sha256), `${key} has other bytes`)
    const end = (await segmentEntries(file, leaf)).reduce(pointAfter, leaf.start)
    check(samePoint(end, leaf.end), `${key} has other entries`)
    check(this.#stream.had(leaf.end.number, leaf.end.digest), `the stream never had ${key}`)
    this.#checked.set(key, file)
  }

  /** Every checkpoint that was seen is a beginning of this one. */
  #checkRoots(tree: TreeHashes): void {
    const { size } = tree
    const rootOf = (length: number): string => Buffer.from(tree.root(length)).toString('hex')
    for (const [seen, root] of this.#roots) {
      check(seen > size || rootOf(seen) === root, `the checkpoint of ${seen} is no beginning of that of ${size}`)
    }
    this.#roots.set(size, rootOf(size))
  }
}

type ObjectMap = ReadonlyMap<string, Uint8Array>

function readBundles(objects: ObjectMap, size: number): Uint8Array[] {
  const leaves: Uint8Array[] = []
  for (const ref of newBundles(0, size)) {
    const path = tilePath(ref)
    const bytes = objects.get(path)
    const full = objects.get(tilePath({ ...ref, width: TILE_WIDTH }))
    if (bytes !== undefined) leaves.push(...decodeBundle(bytes, ref.width, path))
    else if (full !== undefined) leaves.push(...decodeBundle(full, TILE_WIDTH, path).slice(0, ref.width))
    else throw new Error(`${path} is not there`)
  }
  return leaves
}

/** A tile, or as many bytes of the full one. */
function tile(objects: ObjectMap, path: string, bytes: number): Uint8Array {
  return objects.get(path) ?? objects.get(path.replace(/\.p.*/, ''))?.subarray(0, bytes) ?? new Uint8Array(0)
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

import { decodeEntries, encodeEntry } from '@datastreamer/format'
import { DigestChain, sameBytes, samePoint } from '../../src/digest-chain.ts'
import { LeafChain } from '../../src/leaf/check-follows.ts'
import { decodeLeaf } from '../../src/leaf/decode-leaf.ts'
import { type SegmentLeaf, segmentKey } from '../../src/leaf/leaf.ts'
import { nodeSha256 } from '../../src/node.ts'
import { type CheckpointSigner, decodeBundle, leafHash, tileKey, treeRoot } from '../../src/publish/interim.ts'
import type { ChangingStream } from './changing-stream.ts'

/** Whether objects are a valid history at every moment, and each checkpoint continues those that were there before. */
export class HistoryWatch {
  readonly #roots = new Map<number, string>()
  /** Segments that were right. */
  readonly #checked = new Map<string, Uint8Array>()
  readonly #signer: CheckpointSigner
  readonly #stream: ChangingStream

  constructor(signer: CheckpointSigner, stream: ChangingStream) {
    this.#signer = signer
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
    const checkpoint = await this.#signer.open(note)
    if (checkpoint === undefined) throw new Error('a checkpoint that the key did not sign')
    const { size, root } = checkpoint
    const leaves = readBundles(objects, size)
    for (const [i, leaf] of leaves.entries()) chain.push(decodeLeaf(leaf, i))
    const hashes = leaves.map((leaf) => leafHash(leaf, nodeSha256))
    check(sameBytes(treeRoot(hashes, nodeSha256), root), `${size} leaves do not make the root`)
    this.#checkRoots(size, hashes)
    checkTiles(objects, hashes)
    for (const leaf of chain.valid) this.#checkSegment(leaf, objects.get(segmentKey(leaf)))
    return chain
  }

  /** The file is what the leaf says, and the stream had its entries. */
  #checkSegment(leaf: SegmentLeaf, file: Uint8Array | undefined): void {
    const key = segmentKey(leaf)
    if (file === undefined) throw new Error(`${key} is not there`)
    if (this.#checked.get(key) === file) return
    check(sameBytes(nodeSha256.digest(file), leaf.sha256), `${key} has other bytes`)
    const counted = new DigestChain(leaf.start, nodeSha256)
    for (const entry of decodeEntries(file.subarray(1))) counted.append(encodeEntry(entry))
    check(samePoint(counted.point(), leaf.end), `${key} has other entries`)
    check(this.#stream.had(leaf.end.number, leaf.end.digest), `the stream never had ${key}`)
    this.#checked.set(key, file)
  }

  /** Every checkpoint that was seen is a beginning of this one. */
  #checkRoots(size: number, hashes: readonly Uint8Array[]): void {
    const rootOf = (length: number): string =>
      Buffer.from(treeRoot(hashes.slice(0, length), nodeSha256)).toString('hex')
    for (const [seen, root] of this.#roots) check(seen > size || rootOf(seen) === root, `the checkpoint of ${seen} is no beginning of that of ${size}`)
    this.#roots.set(size, rootOf(size))
  }
}

function readBundles(objects: ReadonlyMap<string, Uint8Array>, size: number): Uint8Array[] {
  const leaves: Uint8Array[] = []
  for (let i = 0; leaves.length < size; i++) {
    const width = Math.min(256, size - i * 256)
    const bytes = objects.get(tileKey('entries', i, width)) ?? objects.get(tileKey('entries', i, 256))
    if (bytes === undefined) throw new Error(`bundle ${i} of ${width} is not there`)
    leaves.push(...decodeBundle(bytes).slice(0, width))
  }
  return leaves
}

function checkTiles(objects: ReadonlyMap<string, Uint8Array>, hashes: readonly Uint8Array[]): void {
  let level = hashes
  for (let l = 0; level.length > 0; l++) {
    for (let i = 0; i * 256 < level.length; i++) {
      const tile = level.slice(i * 256, (i + 1) * 256)
      const bytes = objects.get(tileKey(l, i, tile.length)) ?? objects.get(tileKey(l, i, 256))
      check(Buffer.from(bytes ?? []).subarray(0, tile.length * 32).equals(Buffer.concat(tile)), `tile ${l}/${i} has other hashes`)
    }
    const tiles = level
    level = Array.from({ length: Math.floor(tiles.length / 256) }, (_, i) =>
      treeRoot(tiles.slice(i * 256, (i + 1) * 256), nodeSha256),
    )
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

import { type MemoryObjects, memoryObjects } from '@datastreamer/e2store/objects'
import { concatBytes, type Entry } from '@datastreamer/format'
import { signerKey } from '@datastreamer/format/signing'
import { type Generation, generateStream } from '@datastreamer/sequencer-entries'
import { SegmentBuilder } from '../../src/layout-2/segment-builder.ts'
import { encodeLeaf } from '../../src/leaf/encode-leaf.ts'
import { endOf, type Leaf, type SegmentLeaf, segmentKey } from '../../src/leaf/leaf.ts'
import { BUNDLE_LEAVES, encodeLookup, lowestOf } from '../../src/leaf/lookup.ts'
import { nodeSha256, nodeZstdEncoder } from '../../src/node.ts'
import { DigestChain } from '../../src/segment/digest-chain.ts'
import type { IdentityFields } from '../../src/segment/header.ts'
import type { StreamPoint } from '../../src/segment/point.ts'
import { encodeBundle } from '../../src/tlog/bundle.ts'
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts'
import { inclusionProof, leafHash, treeRoot } from '../../src/tlog/merkle.ts'
import { signNote } from '../../src/tlog/note.ts'
import { tilePath } from '../../src/tlog/tile-path.ts'
import { TreeHashes } from '../../src/tlog/tree-hashes.ts'

export const key: Awaited<ReturnType<typeof signerKey>> = await signerKey(
  'test.example/log',
  new Uint8Array(32).fill(7),
)

const sha256 = nodeSha256
const identity: IdentityFields = { generation: 3, version: 4, systemId: 1101n, streamType: 1n }

export type TestOperation = readonly Pick<Entry, 'type' | 'data'>[]

/** A history that is made by hand, segment by segment, in memory. */
export class TestHistory {
  readonly objects: MemoryObjects
  readonly leaves: Leaf[] = []
  /** All entries of the stream, as it is now. */
  entries: Entry[] = []
  /** For each operation boundary of the stream: the number of the entry after it. */
  boundaries: bigint[] = []
  readonly #encoding: Generation | undefined
  #points: StreamPoint[] = []
  #forkIds = new Map<bigint, bigint>()

  constructor({ encoding, name = 'memory' }: { readonly encoding?: Generation; readonly name?: string } = {}) {
    this.#encoding = encoding
    this.objects = memoryObjects({ name })
    this.#openEpoch(DigestChain.atStart(identity, sha256).point())
  }

  get next(): bigint {
    return BigInt(this.entries.length)
  }

  /** Add a segment. It is not published yet. */
  async add(operations: Iterable<TestOperation>): Promise<SegmentLeaf> {
    const last = this.leaves.at(-1) as Leaf
    const start = endOf(last)
    const forkId = this.#forkIds.get(start.number)
    const builder = new SegmentBuilder({
      ...{ identity, encoding: this.#encoding, start, forkId, sha256, zstd: nodeZstdEncoder },
    })
    for (const operation of operations) {
      for (const { type, data } of operation) {
        const entry = { type, data, number: this.next }
        await builder.add(entry)
        this.entries.push(entry)
      }
      builder.boundary()
      this.boundaries.push(this.next)
    }
    const built = await builder.finish()
    const { index, header } = built
    const leaf: SegmentLeaf = {
      ...{ kind: 'segment', epoch: last.epoch, start: header.start, end: index.end, bytes: built.bytes },
      ...{ sha256: built.sha256, root: index.root, blocks: index.blocks, records: index.records },
    }
    this.leaves.push(leaf)
    this.#points.push(index.end)
    this.#forkIds.set(index.end.number, built.forkId)
    await this.#put(segmentKey(leaf), concatBytes(built.chunks))
    return leaf
  }

  /** The stream is truncated to where a segment ends, and goes on in a new epoch. */
  openEpoch(at: bigint): void {
    const start = this.#points.find(({ number }) => number === at)
    if (start === undefined) throw new Error(`no segment ends before entry ${at}`)
    this.#openEpoch(start)
    this.entries = this.entries.slice(0, Number(at))
    this.boundaries = this.boundaries.filter((number) => number <= at)
    this.#points = this.#points.filter(({ number }) => number <= at)
  }

  /** Publish all leaves, or only the first ones. @returns the note */
  async publish(size: number = this.leaves.length): Promise<string> {
    const encoded = this.leaves.slice(0, size).map(encodeLeaf)
    const hashes = new TreeHashes(sha256)
    for (const leaf of encoded) hashes.append(leafHash(sha256, leaf))
    const rows = []
    for (let at = 0; at < size; at += BUNDLE_LEAVES) {
      const some = encoded.slice(at, at + BUNDLE_LEAVES)
      await this.#put(tilePath({ level: 'entries', index: at / BUNDLE_LEAVES, width: some.length }), encodeBundle(some))
      const hash = treeRoot(sha256, hashes.leaves(at, at + some.length))
      rows.push({ hash, ...lowestOf(this.leaves.slice(at, at + some.length)) })
    }
    for (const { path, bytes } of hashes.tiles(0)) await this.#put(path, bytes)
    if (size > BUNDLE_LEAVES) {
      const [first, last] = [encoded[0], encoded.at(-1)]
      if (first === undefined || last === undefined) throw new Error('no leaves')
      const lookup = encodeLookup({
        ...{ rows, edge: hashes.leaves(BUNDLE_LEAVES * (rows.length - 1), size), last },
        first: { leaf: first, proof: inclusionProof(sha256, hashes.leaves(0, size), 0) },
      })
      await this.#put(`lookup/${size}`, lookup)
    }
    const note = await signNote(formatCheckpoint({ origin: key.name, size: BigInt(size), root: hashes.root() }), [key])
    await this.#put('checkpoint', note)
    return new TextDecoder().decode(note)
  }

  #openEpoch(start: StreamPoint): void {
    this.leaves.push({
      kind: 'epoch',
      epoch: this.leaves.filter(({ kind }) => kind === 'epoch').length,
      start,
      identity,
    })
    this.#points = [...this.#points.filter(({ number }) => number < start.number), start]
  }

  async #put(path: string, bytes: Uint8Array): Promise<void> {
    await this.objects.put(path, bytes, { kind: 'mutable', cacheControl: 'no-cache', contentType: 'text/plain' })
  }
}

/** Operations of made-up entries, three each. */
export function plain(operations: number, text = 'x'): TestOperation[] {
  return Array.from({ length: operations }, (_, i) =>
    [0, 1, 2].map((j) => ({ type: 7 + j, data: new TextEncoder().encode(`${text} ${i} ${j}`) })),
  )
}

/** A history of blocks, so many in each segment. */
export async function historyOfBlocks(segments: number, perSegment: number): Promise<TestHistory> {
  const history = new TestHistory({ encoding: 'protobuf' })
  const stream = generateStream({ blocks: BigInt(segments * perSegment) })
  for (let i = 0; i < segments; i++) await history.add(takeFrom(stream, perSegment))
  await history.publish()
  return history
}

/** The next ones, without ending the iterator. */
function* takeFrom<T>(items: Iterator<T>, count: number): Generator<T, void, void> {
  for (let i = 0; i < count; i++) {
    const next = items.next()
    if (next.done) return
    yield next.value
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

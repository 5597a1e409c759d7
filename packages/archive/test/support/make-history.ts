import { type MemoryObjects, memoryObjects } from '@datastreamer/e2store/objects'
import { randomFrom } from '@datastreamer/fixtures/random'
import { concatBytes, type Entry } from '@datastreamer/format'
import { signerKey } from '@datastreamer/format/signing'
import { type Generation, generateStream } from '@datastreamer/sequencer-entries'
import { SegmentBuilder } from '../../src/layout-2/segment-builder.ts'
import { encodeLeaf } from '../../src/leaf/encode-leaf.ts'
import { endOf, type Leaf, type SegmentLeaf, segmentKey } from '../../src/leaf/leaf.ts'
import { nodeSha256, nodeZstdEncoder } from '../../src/node.ts'
import { LogObjects } from '../../src/publish/log-objects.ts'
import { DigestChain } from '../../src/segment/digest-chain.ts'
import type { IdentityFields } from '../../src/segment/header.ts'
import type { StreamPoint } from '../../src/segment/point.ts'
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts'
import { leafHash } from '../../src/tlog/merkle.ts'
import { signNote } from '../../src/tlog/note.ts'
import { TreeHashes } from '../../src/tlog/tree-hashes.ts'

export const key: Awaited<ReturnType<typeof signerKey>> = await signerKey(
  'test.example/log',
  new Uint8Array(32).fill(7),
)

const sha256 = nodeSha256

/** Where a segment has the digest of its first point. */
const DIGEST_AT = 16 + 40

export type TestOperation = readonly Pick<Entry, 'type' | 'data'>[]

export interface TestHistoryOptions {
  readonly encoding?: Generation
  readonly name?: string
  readonly systemId?: bigint
}

/** A history that is made by hand, segment by segment, in memory. */
export class TestHistory {
  readonly objects: MemoryObjects
  readonly leaves: Leaf[] = []
  /** All entries of the stream, as it is now. */
  entries: Entry[] = []
  /** For each operation boundary of the stream: the number of the entry after it. */
  boundaries: bigint[] = []
  readonly #encoding: Generation | undefined
  readonly #identity: IdentityFields
  #points: StreamPoint[] = []
  #forkIds = new Map<bigint, bigint>()

  constructor({ encoding, name = 'memory', systemId = 1101n }: TestHistoryOptions = {}) {
    this.#encoding = encoding
    this.#identity = { generation: 3, version: 4, systemId, streamType: 1n }
    this.objects = memoryObjects({ name })
    this.#openEpoch(DigestChain.atStart(this.#identity, sha256).point())
  }

  get next(): bigint {
    return BigInt(this.entries.length)
  }

  /** Add a segment. It is not published yet. */
  add(operations: Iterable<TestOperation>): Promise<SegmentLeaf> {
    return this.#add(operations, endOf(this.leaves.at(-1) as Leaf))
  }

  /** Add only the leaf of a segment: of so many blocks with two entries each, a second after another. */
  addLeafOnly(blocks: number): SegmentLeaf {
    const last = this.leaves.at(-1) as Leaf
    const start = endOf(last)
    const first = last.kind === 'segment' ? last.blocks.first + BigInt(last.blocks.count) : 0n
    const number = start.number + 2n * BigInt(blocks)
    const end = { number, position: start.position + 1000, digest: sha256.digest(start.digest) }
    const [firstTime, lastTime] = [first, first + BigInt(blocks) - 1n]
    const leaf: SegmentLeaf = {
      ...{ kind: 'segment', epoch: last.epoch, start, end, bytes: 1000 },
      ...{ sha256: end.digest, root: end.digest, records: [{ bytes: 500, entries: 2 * blocks, blocks }] },
      blocks: { first, count: blocks, firstBatch: first, lastBatch: lastTime, firstTime, lastTime },
    }
    this.leaves.push(leaf)
    this.#points.push(end)
    for (let n = start.number; n < number; n++) this.entries.push({ type: 0, number: n, data: new Uint8Array(0) })
    return leaf
  }

  /** Add a segment that goes on after another digest than it says. */
  async addWrong(operations: Iterable<TestOperation>): Promise<SegmentLeaf> {
    const start = endOf(this.leaves.at(-1) as Leaf)
    const wrong = await this.#add(operations, { ...start, digest: new Uint8Array(32) })
    // Only the start is set right, in the file as well: the end stays that of another stream.
    const file = this.objects.stored.get(segmentKey(wrong))?.bytes.slice() ?? new Uint8Array(0)
    this.objects.stored.delete(segmentKey(wrong))
    file.set(start.digest, DIGEST_AT)
    const leaf: SegmentLeaf = { ...wrong, start, sha256: sha256.digest(file) }
    this.leaves[this.leaves.length - 1] = leaf
    await this.#put(segmentKey(leaf), file)
    return leaf
  }

  async #add(operations: Iterable<TestOperation>, start: StreamPoint): Promise<SegmentLeaf> {
    const last = this.leaves.at(-1) as Leaf
    const forkId = this.#forkIds.get(start.number)
    const builder = new SegmentBuilder({
      ...{ identity: this.#identity, encoding: this.#encoding, start, forkId, sha256, zstd: nodeZstdEncoder },
    })
    for (const operation of operations) {
      for (const { type, data } of operation) {
        const entry = { type, number: this.next, data }
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
    const leaves = this.leaves.slice(0, size).map(encodeLeaf)
    const tree = new TreeHashes(sha256)
    for (const leaf of leaves) tree.append(leafHash(sha256, leaf))
    const objects = new LogObjects({ leaves, tree }, sha256)
    for (const { key: path, bytes } of objects.between({ from: 0, size })) await this.#put(path, bytes)
    const note = await signNote(formatCheckpoint({ origin: key.name, size: BigInt(size), root: tree.root() }), [key])
    await this.#put('checkpoint', note)
    return new TextDecoder().decode(note)
  }

  #openEpoch(start: StreamPoint): void {
    this.leaves.push({
      kind: 'epoch',
      epoch: this.leaves.filter(({ kind }) => kind === 'epoch').length,
      start,
      identity: this.#identity,
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

/** A history of segments of nine small entries each. */
export async function plainHistory(segments: number): Promise<TestHistory> {
  const history = new TestHistory()
  for (let i = 0; i < segments; i++) await history.add(plain(3, `${i}`))
  await history.publish()
  return history
}

export interface BlocksOptions {
  /** Bytes of an entry of no known type after each block, so that a segment has several records (default 0: none). */
  readonly fill?: number
  /** Whether these do not compress. */
  readonly isRandom?: boolean
  readonly seed?: bigint
  readonly systemId?: bigint
}

/** A history of blocks, so many in each segment. */
export async function historyOfBlocks(
  segments: number,
  perSegment: number,
  { fill = 0, isRandom = false, seed = 1n, systemId = 1101n }: BlocksOptions = {},
): Promise<TestHistory> {
  const history = new TestHistory({ encoding: 'protobuf', systemId })
  const stream = generateStream({ blocks: BigInt(segments * perSegment), seed })
  const data = isRandom ? noise(fill) : new Uint8Array(fill)
  const filler = fill === 0 ? [] : [{ type: 99, data }]
  for (let i = 0; i < segments; i++) {
    await history.add([...takeFrom(stream, perSegment)].map((operation) => [...operation, ...filler]))
  }
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

/** Bytes that do not compress, the same each time. */
function noise(length: number): Uint8Array {
  const random = randomFrom(3)
  return new Uint8Array(length).map(() => random(256))
}

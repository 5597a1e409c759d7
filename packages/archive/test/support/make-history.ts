import { zstdCompressSync } from 'node:zlib'
import { type MemoryObjects, memoryObjects } from '@datastreamer/e2store/objects'
import { encodeRecordHeader } from '@datastreamer/e2store'
import { concatBytes, encodeEntry, type Entry, viewOf } from '@datastreamer/format'
import { DigestChain } from '../../src/segment/digest-chain.ts'
import type { IdentityFields } from '../../src/segment/header.ts'
import type { StreamPoint } from '../../src/segment/point.ts'
import { inclusionProof, leafHash, treeRoot } from '../../src/tlog/merkle.ts'
import { tilePath } from '../../src/tlog/tile-path.ts'
import { encodeBundle } from '../../src/tlog/bundle.ts'
import { TreeHashes } from '../../src/tlog/tree-hashes.ts'
import { signNote } from '../../src/tlog/note.ts'
import { formatCheckpoint } from '../../src/tlog/checkpoint.ts'
import { signerKey } from '@datastreamer/format/signing'
import { encodeLeaf } from '../../src/leaf/encode-leaf.ts'
import { type Leaf, type SegmentLeaf, segmentKey } from '../../src/leaf/leaf.ts'
import { BUNDLE_LEAVES, encodeLookup, lowestOf } from '../../src/leaf/lookup.ts'
import { nodeSha256 } from '../../src/node/node-sha256.ts'
import { decodeSequencerEntry, entryKind } from '@datastreamer/sequencer-entries'

export const key = await signerKey('test.example/log', new Uint8Array(32).fill(7))
export const identity: IdentityFields = { generation: 3, version: 4, systemId: 1101n, streamType: 1n }
const sha256 = nodeSha256
/** Operations of one record. */
export type TestRecord = readonly (readonly Entry[])[]

export interface TestHistory {
  readonly objects: MemoryObjects
  readonly leaves: Leaf[]
  /** All entries, as they are valid now. */
  entries: Entry[]
  points: StreamPoint[]
  add(records: readonly TestRecord[]): Promise<SegmentLeaf>
  openEpoch(at: bigint): void
  publish(): Promise<string>
}

export function makeHistory(name = 'memory'): TestHistory {
  const objects = memoryObjects({ name })
  const leaves: Leaf[] = []
  const put = (key: string, bytes: Uint8Array) =>
    objects.put(key, bytes, { kind: 'mutable', cacheControl: '', contentType: '' })
  let chain = DigestChain.atStart(identity, sha256)
  leaves.push({ kind: 'epoch', epoch: 0, start: chain.point(), identity })
  const self: TestHistory = {
    objects,
    leaves,
    entries: [],
    points: [chain.point()],
    async add(records) {
      const start = chain.point()
      const heads: Uint8Array[] = []
      const frames: Uint8Array[] = []
      const rows: { entries: number; blocks: number; bytes: number }[] = []
      const blocks = { first: 0n, count: 0, firstBatch: 0n, lastBatch: 0n, firstTime: 0n, lastTime: 0n }
      for (const operations of records) {
        const first = chain.number
        const entries = operations.flat()
        let count = 0
        const marks = operations.map((operation) => {
          count += operation.length
          return count
        })
        const encoded = entries.map((entry) => encodeEntry(entry))
        const before = blocks.count
        for (const bytes of encoded) chain.append(bytes)
        for (const entry of entries) {
          if (entryKind(entry.type, 'protobuf') !== 'l2Block') continue
          const decoded = decodeSequencerEntry(entry, 'protobuf')
          if (decoded.kind !== 'l2Block') continue
          if (blocks.count++ === 0) {
            Object.assign(blocks, {
              first: decoded.number,
              firstBatch: decoded.batchNumber,
              firstTime: decoded.timestamp,
            })
          }
          Object.assign(blocks, { lastBatch: decoded.batchNumber, lastTime: decoded.timestamp })
        }
        const data = concatBytes(encoded)
        const head = new Uint8Array(32)
        const view = viewOf(head)
        view.setBigUint64(0, first, true)
        view.setUint32(8, entries.length, true)
        view.setUint32(12, data.length, true)
        view.setUint32(16, marks.length, true)
        view.setUint8(20, 4)
        const table = new Uint8Array(4 * marks.length)
        for (const [i, mark] of marks.entries()) viewOf(table).setUint32(4 * i, mark, true)
        heads.push(head)
        frames.push(zstdCompressSync(concatBytes([table, data])))
        rows.push({ entries: entries.length, blocks: blocks.count - before, bytes: 0 })
        self.entries.push(...entries)
      }
      const hashes = heads.map((head, i) =>
        sha256.digest(concatBytes([Uint8Array.of(0), head, frames[i] ?? new Uint8Array()])),
      )
      const stored = heads.map((head, i) => {
        const path = inclusionProof(sha256, hashes, i)
        const body = concatBytes([head, ...path, frames[i] ?? new Uint8Array()])
        const record = concatBytes([encodeRecordHeader(0xd504, body.length), body])
        rows[i] = { ...(rows[i] ?? { entries: 0, blocks: 0 }), bytes: record.length }
        return record
      })
      const index = new Uint8Array(160 + 12 * rows.length)
      const file = concatBytes([new Uint8Array(88), ...stored, index])
      const end = chain.point()
      const leaf: SegmentLeaf = {
        ...{ kind: 'segment', epoch: leaves.at(-1)?.epoch ?? 0, start, end, bytes: file.length },
        ...{ sha256: sha256.digest(file), root: treeRoot(sha256, hashes), blocks, records: rows },
      }
      leaves.push(leaf)
      self.points.push(end)
      await put(segmentKey(leaf), file)
      return leaf
    },
    openEpoch(at) {
      const start = self.points.find(({ number }) => number === at)
      if (start === undefined) throw new Error('no such end')
      leaves.push({ kind: 'epoch', epoch: (leaves.at(-1)?.epoch ?? 0) + 1, start, identity })
      chain = new DigestChain(start, sha256)
      self.entries = self.entries.slice(0, Number(at))
      self.points = self.points.filter(({ number }) => number <= at)
    },
    async publish() {
      const encoded = leaves.map(encodeLeaf)
      const hashes = new TreeHashes(sha256)
      for (const leaf of encoded) hashes.append(leafHash(sha256, leaf))
      const size = encoded.length
      const rows = []
      for (let at = 0; at < size; at += BUNDLE_LEAVES) {
        const some = encoded.slice(at, at + BUNDLE_LEAVES)
        await put(tilePath({ level: 'entries', index: at / BUNDLE_LEAVES, width: some.length }), encodeBundle(some))
        const hash = treeRoot(sha256, hashes.leaves(at, at + some.length))
        rows.push({ hash, ...lowestOf(leaves.slice(at, at + some.length)) })
      }
      for (const { path, bytes } of hashes.tiles(0)) await put(path, bytes)
      if (size > BUNDLE_LEAVES) {
        const lookup = encodeLookup({
          rows,
          edge: hashes.leaves(BUNDLE_LEAVES * (rows.length - 1), size),
          first: { leaf: encoded[0] ?? new Uint8Array(), proof: inclusionProof(sha256, hashes.leaves(0, size), 0) },
          last: encoded.at(-1) ?? new Uint8Array(),
        })
        await put(`lookup/${size}`, lookup)
      }
      const note = await signNote(formatCheckpoint({ origin: key.name, size: BigInt(size), root: hashes.root() }), [key])
      await put('checkpoint', note)
      return new TextDecoder().decode(note)
    },
  }
  return self
}

/** Entries of made-up data, `count` of them. */
export function operation(from: bigint, count: number, text = 'x'): Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + BigInt(i)
    return { type: 7, number, data: new TextEncoder().encode(`${text}${number}`) }
  })
}

import { concatBytes, viewOf, walkRun } from '@datastreamer/format'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { HistoryError } from '../leaf/history-error.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { Sha256 } from '../sha256.ts'

// TO BE REPLACED by what other branches bring.

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

export function leafHash(leaf: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256.digest(concatBytes([Uint8Array.of(0), leaf]))
}

export function treeRoot(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  if (hashes.length === 0) return sha256.digest(new Uint8Array(0))
  const [only] = hashes
  if (hashes.length === 1 && only !== undefined) return only
  let k = 1
  while (k * 2 < hashes.length) k *= 2
  return sha256.digest(
    concatBytes([Uint8Array.of(1), treeRoot(hashes.slice(0, k), sha256), treeRoot(hashes.slice(k), sha256)]),
  )
}

export function verifyInclusion(
  at: { readonly hash: Uint8Array; readonly index: number; readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
  sha256: Sha256,
): boolean {
  const node = (a: Uint8Array, b: Uint8Array): Uint8Array => sha256.digest(concatBytes([Uint8Array.of(1), a, b]))
  let [fn, sn, r] = [at.index, at.size - 1, at.hash]
  for (const p of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r)
      while (fn % 2 === 0 && fn > 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else r = node(r, p)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && r.every((byte, i) => byte === at.root[i])
}

export function decodeBundle(bytes: Uint8Array): Uint8Array[] {
  const view = viewOf(bytes)
  const out: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) throw new Error('bundle ends')
    const length = view.getUint16(at)
    if (at + 2 + length > bytes.length) throw new Error('bundle ends')
    out.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return out
}

export function tileKey(level: number | 'entries', index: number, width: number): string {
  const digits = [String(index % 1000).padStart(3, '0')]
  for (let n = Math.floor(index / 1000); n > 0; n = Math.floor(n / 1000)) {
    digits.unshift(`x${String(n % 1000).padStart(3, '0')}`)
  }
  return `tile/${level}/${digits.join('/')}${width === 256 ? '' : `.p/${width}`}`
}

export interface Codecs {
  readonly sha256: Sha256
  readonly decompress: (frame: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>
}

export interface VerifiedRecord {
  readonly first: bigint
  readonly count: number
  readonly size: number
  readonly marks: number
  readonly encoding: Generation | undefined
  readonly forkId: bigint | undefined
  readonly frame: Uint8Array
}

export interface DecodedRecord {
  readonly first: bigint
  readonly count: number
  readonly encoding: Generation | undefined
  readonly forkId: bigint | undefined
  readonly boundaries: readonly number[]
  readonly bytes: Uint8Array
}

export function piecesOf(leaf: SegmentLeaf): { readonly pieces: number; readonly end: number } {
  const end = leaf.records.reduce((sum, { bytes }) => sum + bytes, 88)
  const pages = (leaf.bytes - 160 - 12 * leaf.records.length - end) / 4096
  return { pieces: leaf.records.length + pages, end }
}

export function pathLength(index: number, size: number): number {
  let [fn, sn, count] = [index, size - 1, 0]
  while (sn > 0) {
    if (fn % 2 === 1 || fn < sn) count++
    else {
      while (fn % 2 === 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)]
      count++
    }
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return count
}

/** @throws {HistoryError} */
export function verifyRecord(bytes: Uint8Array, leaf: SegmentLeaf, index: number, sha256: Sha256): VerifiedRecord {
  const wrong = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `record ${index}: ${what}`)
  const view = viewOf(bytes)
  const { pieces } = piecesOf(leaf)
  const hashes = pathLength(index, pieces)
  const start = 40 + 32 * hashes
  if (bytes.length < start) throw wrong('too short')
  if (view.getUint16(0) !== 0xd504 || view.getUint32(2, true) !== bytes.length - 8) throw wrong('no record')
  const path = Array.from({ length: hashes }, (_, i) => bytes.subarray(40 + 32 * i, 72 + 32 * i))
  const frame = bytes.subarray(start)
  const hash = sha256.digest(concatBytes([Uint8Array.of(0), bytes.subarray(8, 40), frame]))
  if (!verifyInclusion({ hash, index, size: pieces, root: leaf.root }, path, sha256)) throw wrong('hash')
  const fork = view.getBigUint64(32, true)
  return {
    first: view.getBigUint64(8, true),
    count: view.getUint32(16, true),
    size: view.getUint32(20, true),
    marks: view.getUint32(24, true),
    encoding: GENERATIONS[view.getUint8(28) - 1],
    forkId: fork === 0n ? undefined : fork,
    frame,
  }
}

export async function decodeRecord(record: VerifiedRecord, { decompress }: Codecs): Promise<DecodedRecord> {
  const { first, count, encoding, forkId, size, marks, frame } = record
  const all = await decompress(frame, size + 4 * marks)
  const view = viewOf(all)
  const bytes = all.subarray(4 * marks)
  const walked = walkRun(bytes, 0, bytes.length, first)
  if (walked.count !== count || walked.stop !== 'end') throw new HistoryError('WRONG_CONTENT', 'entries')
  const boundaries = Array.from({ length: marks }, (_, i) => view.getUint32(4 * i, true))
  return { first, count, encoding, forkId, boundaries, bytes }
}

export interface VerifierKey {
  readonly name: string
}

/** @throws {HistoryError} */
export async function openCheckpoint(note: Uint8Array, keys: readonly VerifierKey[]): Promise<Checkpoint> {
  const text = new TextDecoder().decode(note)
  const [origin = '', size, root] = text.split('\n')
  if (keys.length > 0 && keys.every(({ name }) => name !== origin)) throw new HistoryError('OTHER_ORIGIN', origin)
  if (!/^[1-9][0-9]*$/.test(size ?? '')) throw new HistoryError('WRONG_CONTENT', 'size')
  const digest = Uint8Array.from(atob(root ?? ''), (char) => char.charCodeAt(0))
  return { origin, size: Number(size), root: digest }
}

declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }
declare const atob: (text: string) => string

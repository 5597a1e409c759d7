import { concatBytes, type Signal, viewOf } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'

export interface Checkpoint {
  readonly size: number
  readonly root: Uint8Array
}

export interface CheckpointSigner {
  readonly origin: string
  sign(checkpoint: Checkpoint): Promise<Uint8Array>
  open(note: Uint8Array): Promise<Checkpoint | undefined>
}

export interface PutOptions {
  readonly kind: 'immutable' | 'mutable'
  readonly cacheControl: string
  readonly contentType: string
  readonly signal?: Signal | undefined
}

export interface HistoryObjects {
  readonly name: string
  get(key: string, options?: { readonly signal?: Signal | undefined }): Promise<Uint8Array | undefined>
  sizeOf(key: string, options?: { readonly signal?: Signal | undefined }): Promise<number | undefined>
  put(key: string, bytes: Uint8Array, options: PutOptions): Promise<void>
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

export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    leaves.flatMap((leaf) => {
      const length = new Uint8Array(2)
      viewOf(length).setUint16(0, leaf.length)
      return [length, leaf]
    }),
  )
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

import { encodeRunningDigest } from '@datastreamer/format'
import type { SignedPoint } from './known-signatures.ts'

const PACKETS = new WeakMap<SignedPoint, readonly Uint8Array[]>()

/** A packet for each signature, made once for all readers. */
export function packetsOf(point: SignedPoint): readonly Uint8Array[] {
  const known = PACKETS.get(point)
  if (known !== undefined) return known
  const { number, digest: runningDigest, signatures } = point
  const packets = signatures.map((signature) =>
    encodeRunningDigest({ nextEntry: BigInt(number), runningDigest, signature }),
  )
  PACKETS.set(point, packets)
  return packets
}

import { E2FormatError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { type IterateOptions, iterateRecords } from '../records/iterate.ts'
import { RecordType } from '../records/record-type.ts'
import type { SnappyCodec } from '../snappy/codec.ts'
import { snappyFramedDecode } from '../snappy/framed.ts'
import { blockHead, stateHead } from './beacon-layout.ts'

export interface LegacyEraOptions extends Omit<IterateOptions, 'from' | 'to' | 'step'> {
  readonly codec?: SnappyCodec
  /** Whether a varint with the length of the SSZ precedes it, as in 2020 (default false). */
  readonly lengthPrefixed?: boolean
  /** Largest decompressed block or state (default 2 GiB). */
  readonly maxBytes?: number
}

/** A state or a block in the file. */
export interface EraItem {
  readonly kind: 'state' | 'block'
  readonly slot: bigint
  /** Where its record begins. */
  readonly position: number
  readonly ssz: Uint8Array
}

/** Remove the varint with the length of the rest. */
function stripLength(bytes: Uint8Array, position: number): Uint8Array {
  let length = 0
  for (let i = 0; i < Math.min(5, bytes.length); i++) {
    const byte = bytes[i] as number
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    if (length === bytes.length - i - 1) return bytes.subarray(i + 1)
    break
  }
  throw new E2FormatError('BAD_SSZ', `length before SSZ does not fit its ${bytes.length} bytes`, position, 'walk')
}

/**
 * The states and blocks of an era file of any age in file order, without its indices: in 2021 a state came before its
 * blocks and there were no indices.
 *
 * @throws {E2FormatError} with step `walk`
 * @throws {LimitError} `RECORD_TOO_LARGE`, `OUTPUT_TOO_LARGE`
 * @see docs/spec/e2store.md §7.6
 */
export async function* iterateEraItems(
  source: ByteSource,
  { codec, lengthPrefixed = false, maxBytes = 2 ** 31, ...options }: LegacyEraOptions = {},
): AsyncGenerator<EraItem, void, void> {
  for await (const { type, data, position } of iterateRecords(source, options)) {
    const kind =
      type === RecordType.CompressedBeaconState
        ? 'state'
        : type === RecordType.CompressedSignedBeaconBlock
          ? 'block'
          : undefined
    if (!kind) continue
    const origin = { position, step: 'walk' } as const
    const plain = snappyFramedDecode(data, { ...(codec && { codec }), maxBytes, position: position + 8, step: 'walk' })
    const ssz = lengthPrefixed ? stripLength(plain, position) : plain
    const { slot } = kind === 'state' ? stateHead(ssz, 0, origin) : blockHead(ssz, origin)
    yield { kind, slot, position, ssz }
  }
}

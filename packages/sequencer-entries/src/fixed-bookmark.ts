import type { EntryCodec } from './entry-codec.ts'
import { SequencerEntryError } from './errors.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Bookmark } from './model.ts'
import { checkBigint } from './values.ts'

const BYTES = 9

/**
 * Codec of `kind u8 | value u64`, 9 bytes: the bookmarks of `pre-etrog` and `etrog`.
 *
 * @param kinds the bookmark type that each kind byte, from 0, stands for
 * @see docs/spec/sequencer-entries.md §§3-4
 */
export function fixedBookmark(littleEndian: boolean, kinds: readonly number[]): EntryCodec<Bookmark> {
  return {
    decode(data, entryNumber) {
      if (data.length !== BYTES) {
        const message = `bookmark of ${data.length} bytes, expected ${BYTES}`
        throw new SequencerEntryError('BAD_LENGTH', message, { entryNumber, offset: data.length })
      }
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
      const type = kinds[view.getUint8(0)]
      if (type === undefined) {
        const message = `bookmark of kind ${data[0]}, expected ${kinds.map((_, kind) => kind).join(' or ')}`
        throw new SequencerEntryError('BAD_VALUE', message, { entryNumber, offset: 0 })
      }
      return { kind: 'bookmark', type, value: view.getBigUint64(1, littleEndian) }
    },

    encode({ type = BookmarkType.UNSPECIFIED, value = 0n }) {
      const kind = kinds.indexOf(type)
      if (kind < 0) throw new RangeError(`bookmark type ${type}, expected ${kinds.join(' or ')}`)
      const out = new Uint8Array(BYTES)
      const view = new DataView(out.buffer)
      view.setUint8(0, kind)
      view.setBigUint64(1, checkBigint(value, 64, 'value'), littleEndian)
      return out
    },
  }
}

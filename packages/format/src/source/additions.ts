import { FRAME_BYTES } from '../framing.ts'
import { slice } from './frame.ts'
import type { OtherHello } from './hello.ts'
import { ADDITION_BOUNDS, decodeSourceRequest, type SourceRequest, SourceRequestType } from './request.ts'
import type { StreamWriter } from './stream-writer.ts'

/**
 * Entries and bookmarks that a source adds, one message after the other: whole, and of lengths that they can have. As one
 * object they cost far less than as one each.
 */
export interface SourceAdditions {
  readonly name: 'additions'
  /** They lie from `at` to `end` of this view, borrowed. */
  readonly view: DataView
  readonly at: number
  readonly end: number
  /** How many they are. */
  readonly count: number
}

/** What a source sends, as it is read: additions that lie one after the other are one message. */
export type SourceMessage =
  | Exclude<SourceRequest, { readonly name: 'addStreamEntry' | 'addStreamBookmark' }>
  | OtherHello
  | SourceAdditions

const { addStreamEntry: ENTRY, addStreamBookmark: BOOKMARK } = SourceRequestType
const { entry: ENTRY_BOUNDS, bookmark: BOOKMARK_BOUNDS } = ADDITION_BOUNDS

/**
 * Decode the message at byte `at`, or all additions from there on; `undefined` if more bytes are needed.
 *
 * @throws {FormatError} as `decodeSourceRequest`
 * @see docs/spec/source-protocol.md §4
 */
export function decodeSourceMessage(view: DataView, at: number): SourceMessage | undefined {
  // An entry or a bookmark that is whole is one of the additions.
  return decodeAdditions(view, at) ?? (decodeSourceRequest(view, at) as Exclude<SourceMessage, SourceAdditions>)
}

/** Bytes of a message that was decoded at byte `at`. */
export function sourceMessageBytes(message: SourceMessage, view: DataView, at: number): number {
  return message.name === 'additions' ? message.end - at : view.getUint32(at + 1)
}

/** The additions from `at` on, up to another message, or one that is not all there or of a length that it cannot have. */
function decodeAdditions(view: DataView, at: number): SourceAdditions | undefined {
  const limit = view.byteLength - FRAME_BYTES
  let end = at
  let count = 0
  while (end <= limit) {
    const type = view.getUint8(end)
    if (type !== ENTRY && type !== BOOKMARK) break
    const length = view.getUint32(end + 1)
    const { min, max } = type === ENTRY ? ENTRY_BOUNDS : BOOKMARK_BOUNDS
    if (length < min || length > max || length > view.byteLength - end) break
    end += length
    count++
  }
  return count === 0 ? undefined : { name: 'additions', view, at, end, count }
}

/** Add them to an open operation, in order. Data and bookmarks are borrowed. @throws what `to` throws, the rest not added */
export function addSourceAdditions(
  { view, at, end }: SourceAdditions,
  to: Pick<StreamWriter, 'addStreamEntry' | 'addStreamBookmark'>,
): void {
  for (let from = at; from < end; ) {
    const next = from + view.getUint32(from + 1)
    if (view.getUint8(from) === ENTRY) to.addStreamEntry(view.getUint32(from + 5), slice(view, from + 9, next))
    else to.addStreamBookmark(slice(view, from + FRAME_BYTES, next))
    from = next
  }
}

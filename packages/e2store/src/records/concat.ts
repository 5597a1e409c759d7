import { LimitError } from '../errors.ts'
import type { ByteSink } from '../io/byte-sink.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { copyRange } from '../io/copy.ts'
import { iterateHeaders } from './iterate.ts'
import { RECORD_HEADER_BYTES, readRecordHeader } from './record.ts'
import { RecordType } from './record-type.ts'
import { RecordWriter } from './write.ts'

/**
 * Concatenate files. Each is checked to consist of whole records that begin with Version; indices stay valid because
 * their offsets are relative.
 *
 * @throws {UnexpectedEndError} a file ends inside a record
 * @throws {E2FormatError} a file is not an e2store file
 * @see docs/spec/e2store.md §3.3
 */
export async function concatFiles(sources: Iterable<ByteSource>, sink: ByteSink): Promise<void> {
  for (const source of sources) {
    for await (const _ of iterateHeaders(source, { maxRecordBytes: Number.POSITIVE_INFINITY }));
    await copyRange(source, 0, source.size, sink)
  }
}

/** Parts of one file at most. */
const MAX_PARTS = 1_048_576

/** A range of whole records in a file. */
export interface Part {
  readonly start: number
  readonly end: number
}

/**
 * The parts of a file, each of which begins with a Version record: the files that were concatenated.
 *
 * @throws {LimitError} `OUTPUT_TOO_LARGE`: more than 1,048,576 parts
 * @throws as {@link iterateHeaders}
 */
export async function findParts(source: ByteSource): Promise<Part[]> {
  const parts: Part[] = []
  let start = 0
  for await (const { type, position } of iterateHeaders(source, { maxRecordBytes: Number.POSITIVE_INFINITY })) {
    if (type !== RecordType.Version || position === 0) continue
    addPart(parts, { start, end: position })
    start = position
  }
  addPart(parts, { start, end: source.size })
  return parts
}

/** Add a part; the limit keeps a file of nothing but Version records from filling memory. */
function addPart(parts: Part[], part: Part): void {
  if (parts.length === MAX_PARTS) {
    throw new LimitError('OUTPUT_TOO_LARGE', `more than ${MAX_PARTS} parts`, part.start, 'walk')
  }
  parts.push(part)
}

/**
 * Split a file into parts of at most `maxBytes` at record boundaries, including the Version record that
 * {@link writePart} may add; a larger record gets a part of its own. Meant for files without an index, whose offsets
 * would only be valid within its own part.
 *
 * @throws as {@link findParts}
 */
export async function planParts(source: ByteSource, maxBytes: number): Promise<Part[]> {
  const parts: Part[] = []
  let start = 0
  let end = 0
  let added = 0
  for await (const header of iterateHeaders(source, { maxRecordBytes: Number.POSITIVE_INFINITY })) {
    if (header.end - start + added > maxBytes && end > start) {
      addPart(parts, { start, end })
      start = end
      added = header.type === RecordType.Version ? 0 : RECORD_HEADER_BYTES
    }
    end = header.end
  }
  addPart(parts, { start, end })
  return parts
}

/** Write one part as a file of its own: it begins with a Version record. */
export async function writePart(source: ByteSource, { start, end }: Part, sink: ByteSink): Promise<void> {
  const first = await readRecordHeader(source, start, { end, maxRecordBytes: Number.POSITIVE_INFINITY, step: 'walk' })
  if (first.type !== RecordType.Version) await new RecordWriter(sink).writeVersion()
  await copyRange(source, start, end, sink)
}

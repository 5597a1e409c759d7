import type { Segment, Segment2 } from '@datastreamer/archive'
import { count, hex, plural, time } from '../output/text.ts'
import { checkSegmentName, type NameCheck } from './names.ts'

/** What is known of a segment, for people and as JSON. */
export interface SegmentDescription {
  readonly name: NameCheck
  readonly rows: readonly (readonly [name: string, value: string])[]
  readonly json: Readonly<Record<string, unknown>>
}

/** The facts of a segment of any layout. @throws {SegmentError} @throws {E2StoreError} */
export async function segmentFacts(name: string, segment: Segment): Promise<SegmentDescription> {
  const { end, firstBlock, blocks, layout } = segment
  const { identity, encoding, start } = segment.header
  const entries = end.number - start.number
  const more = segment.layout === 1 ? layout1Facts(segment.index.position, blocks) : await layout2Facts(segment)
  return {
    name: checkSegmentName(name, segment),
    rows: [
      ['layout', String(layout)],
      ['stream', `type ${identity.streamType}, system id ${identity.systemId}, version ${identity.version}`],
      ['encoding', encoding ?? 'not looked at'],
      ['entries', entries === 0n ? 'none' : `${start.number} to ${end.number - 1n} (${count(entries)})`],
      [
        'blocks',
        firstBlock === undefined ? 'none' : `${firstBlock} to ${firstBlock + BigInt(blocks) - 1n} (${count(blocks)})`,
      ],
      ...more.rows,
      ['digest before', hex(start.digest)],
      ['digest after', hex(end.digest)],
    ],
    json: {
      layout,
      ...identity,
      encoding: encoding ?? null,
      firstEntry: start.number,
      nextEntry: end.number,
      firstPosition: start.position,
      nextPosition: end.position,
      firstBlock: firstBlock ?? null,
      blocks,
      ...more.json,
      digestBefore: start.digest,
      digestAfter: end.digest,
    },
  }
}

type More = Omit<SegmentDescription, 'name'>

function layout1Facts(indexPosition: number, blocks: number): More {
  return { rows: [['index', `${plural(blocks, 'row')} at ${count(indexPosition)}`]], json: { indexPosition } }
}

/** Reads the fixed fields of every record, which are not verified. */
async function layout2Facts(segment: Segment2): Promise<More> {
  const { index, indexPosition } = segment
  const { firstBatch, lastBatch, firstTime, lastTime } = index.blocks
  let [entryBytes, boundaries] = [0, 0]
  for await (const head of segment.heads()) {
    entryBytes += head.bytes
    boundaries += head.boundaries
  }
  const recordBytes = index.records.reduce((sum, { bytes }) => sum + bytes, 0)
  const ratio = entryBytes / recordBytes
  const isEmpty = index.blocks.count === 0
  return {
    rows: [
      ['batches', isEmpty ? 'none' : `${firstBatch} to ${lastBatch}`],
      ['times', isEmpty ? 'none' : `${time(firstTime)} to ${time(lastTime)}`],
      ['records', `${count(index.records.length)}, ${count(entryBytes)} bytes of entries, ratio ${ratio.toFixed(2)}`],
      ['operations', `${plural(boundaries, 'boundary', 'boundaries')}`],
      ['bookmarks', `${plural(index.pages, 'page')}`],
      ['index', `${plural(index.records.length, 'row')} at ${count(indexPosition)}`],
      ['root', hex(index.root)],
    ],
    json: {
      ...{ firstBatch, lastBatch, firstTime, lastTime },
      recordCount: index.records.length,
      ...{ recordBytes, entryBytes, boundaries },
      bookmarkPages: index.pages,
      root: index.root,
      indexPosition,
    },
  }
}

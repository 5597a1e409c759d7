import { type EntrySource, encodeEntry, type Signal } from '@datastreamer/format'
import type { Archive } from '../archive/archive.ts'
import { ChainError } from '../errors.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import type { SegmentFacts } from '../segment/order-segments.ts'
import { type StreamPoint, samePoint } from '../segment/point.ts'

/**
 * Compare the target with the archive as far as it goes.
 *
 * @returns where it ends, or where the archive ends if that is before
 * @throws {ChainError} `GAP`, `TARGET_DIFFERS`
 */
export async function compareWithTarget(
  { segments, codecs }: Archive,
  target: Pick<EntrySource, 'name' | 'getHeader' | 'batches'>,
  signal: Signal | undefined,
): Promise<StreamPoint> {
  const header = await target.getHeader()
  const [first] = segments
  if (first.header.start.number > header.totalEntries) throw startsLater(first, target.name, header.totalEntries)
  const chain = DigestChain.atStart(header, codecs.sha256)
  const points = [first.header.start, ...segments.map(({ end }) => end)].values()
  let point = points.next()
  const check = (): void => {
    for (; !point.done && point.value.number === chain.number; point = points.next()) {
      if (samePoint(point.value, chain.point())) continue
      const message = `${target.name} holds another stream: its entries before ${chain.number} are others`
      throw new ChainError('TARGET_DIFFERS', message)
    }
  }
  const end = (segments.at(-1) ?? first).end.number
  const isLonger = header.totalEntries > end
  const stop = isLonger ? end : header.totalEntries
  check()
  if (stop === 0n) return chain.point()
  for await (const batch of target.batches({ to: stop - 1n, follow: false, signal })) {
    for (const entry of batch) {
      chain.append(encodeEntry(entry))
      check()
    }
  }
  return chain.point()
}

/** The error of a stream that ends before an archive begins. @param target what people call it */
export function startsLater({ name, header: { start } }: SegmentFacts, target: string, entries: bigint): ChainError {
  const message = `${name} begins with entry ${start.number}, ${target} has ${entries} entries: files before it are missing`
  return new ChainError('GAP', message)
}

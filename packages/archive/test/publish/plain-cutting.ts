import { concatBytes, type Entry, encodeEntry } from '@datastreamer/format'
import { nodeSha256 } from '../../src/node.ts'
import type { BeginCutting, CutSegment } from '../../src/publish/segment-cutting.ts'
import { pointAfter } from './point-after.ts'

const NO_BLOCKS = { first: 0n, count: 0, firstBatch: 0n, lastBatch: 0n, firstTime: 0n, lastTime: 0n }

/**
 * Cuts as a real cutter does, by content alone, into files that are entries back to back behind one byte that stands for the
 * version of a compressor.
 */
export function plainCutting(options: { readonly compressor?: number; readonly every?: number } = {}): BeginCutting {
  const { compressor = 1, every = 9 } = options
  return (start) => {
    let from = start
    let end = start
    let entries: Entry[] = []
    const cut = (): CutSegment => {
      const file = [Uint8Array.of(compressor), ...entries.map((entry) => encodeEntry(entry))]
      const bytes = file.reduce((sum, chunk) => sum + chunk.length, 0)
      const sha256 = nodeSha256.digest(concatBytes(file))
      const records = [{ bytes, entries: entries.length, blocks: 0 }]
      const leaf = { start: from, end, bytes, sha256, root: sha256, blocks: NO_BLOCKS, records }
      from = end
      entries = []
      return { leaf, file }
    }
    return {
      async push(event) {
        if (event.kind !== 'entries') return []
        const cuts: CutSegment[] = []
        for (const entry of event.entries) {
          if (entries.length > 0 && (entry.data[0] ?? 0) % every === 0) cuts.push(cut())
          entries.push({ ...entry, data: entry.data.slice() })
          end = pointAfter(end, entry)
        }
        return cuts
      },
      rest: async () => (entries.length === 0 ? undefined : cut()),
    }
  }
}

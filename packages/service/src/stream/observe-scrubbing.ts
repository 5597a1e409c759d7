import type { StreamStore } from '@datastreamer/store'
import type { Registry } from 'prom-client'
import { gauge, total } from '../metrics/instruments.ts'

/** Show what is damaged, and how far the search for more is. @param scrubbed the store, while it is open */
export function observeScrubbing(
  registry: Registry,
  scrubbed: () => Pick<StreamStore, 'log' | 'scrubbing'> | undefined,
): void {
  const damages = (): StreamStore['log']['damages'] | undefined => scrubbed()?.log.damages
  const bytes = 'Committed bytes that are known to be damaged'
  gauge(registry, 'datastreamer_damaged_bytes', bytes, () => damages()?.bytes)
  gauge(registry, 'datastreamer_damaged_ranges', 'Ranges of such bytes', () => damages()?.all.length)
  const uncovered = 'Committed bytes of which no checksum can be read, as scrubbing found them'
  gauge(registry, 'datastreamer_uncovered_bytes', uncovered, () => {
    return scrubbed()?.scrubbing?.uncovered.reduce((sum, { from, to }) => sum + to.totalLength - from.totalLength, 0)
  })
  const position =
    'Position in the stream file up to which committed bytes were compared with their checksums in this pass'
  gauge(registry, 'datastreamer_scrub_position_bytes', position, () => scrubbed()?.scrubbing?.position)
  const passes = 'Times that all committed bytes were compared with their checksums'
  total(registry, 'datastreamer_scrub_passes_total', passes, () => scrubbed()?.scrubbing?.passes ?? 0)
}

import type { StreamLog } from '@datastreamer/store/log'
import type { Registry } from 'prom-client'
import { gauge, total } from '../metrics/instruments.ts'
import type { PublishProgress } from './publish-progress.ts'

/** Show how publishing goes. @param progress `undefined` if nothing is published */
export function observePublishing(
  registry: Registry,
  log: Pick<StreamLog, 'header'>,
  progress: PublishProgress | undefined,
): void {
  const published = (): bigint | undefined => progress?.published?.nextEntry
  const entries = 'Entries that the published history has'
  gauge(registry, 'datastreamer_published_entries', entries, () => asNumber(published()))
  const block = 'Number of the last L2 block that the published history has'
  gauge(registry, 'datastreamer_published_block', block, () => asNumber(progress?.published?.block))
  const lag = 'Entries of the stream that the published history does not have'
  gauge(registry, 'datastreamer_publish_lag_entries', lag, () => {
    const next = published()
    return next === undefined ? undefined : Math.max(0, Number(log.header.totalEntries - next))
  })
  const stopped = 'Whether publishing has stopped and somebody has to look at it'
  gauge(registry, 'datastreamer_publish_stopped', stopped, () => progress && Number(progress.isStopped))
  const segments = 'Segments that were sealed'
  total(registry, 'datastreamer_publish_segments_total', segments, () => progress?.segments ?? 0)
  total(registry, 'datastreamer_publish_bytes_total', 'Bytes of these segments', () => progress?.bytes ?? 0)
  const failures = 'What failed in publishing and was tried again'
  total(registry, 'datastreamer_publish_failures_total', failures, () => progress?.failures ?? 0)
}

function asNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

import { type ByteSource, openE2hs, openEra1, openEre } from '@datastreamer/e2store'
import type { ArchiveOptions, BlockArchive } from '@datastreamer/e2store/execution'
import type { HistoryFile } from './history-file.ts'

/** Open the archive that a name promises. Throws as the opening functions do. */
export async function openArchive(
  { parsed }: HistoryFile,
  source: ByteSource,
  options: ArchiveOptions,
): Promise<BlockArchive> {
  if (parsed.kind === 'era1') return openEra1(source, options)
  if (parsed.kind === 'ere') return openEre(source, options)
  return openE2hs(source, options)
}

import type { Header } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { follow } from '../resume/follow.ts'
import type { FollowContext } from '../resume/follow-options.ts'
import { loadSequencerEntries } from './entries-package.ts'

/**
 * How the entries of a sequencer's stream are encoded. docs/spec/sequencer-entries.md §1.
 *
 * @param header of the stream when it has entries
 */
export async function generationOf(context: FollowContext, header: Header, signal: AbortSignal): Promise<Generation> {
  const { detectGeneration } = await loadSequencerEntries()
  return detectGeneration(header, firstEntries(context, signal))
}

async function* firstEntries(context: FollowContext, signal: AbortSignal) {
  const options = { to: undefined, follow: false, boundaries: false, verifyHead: undefined, headers: undefined }
  for await (const event of follow(context, { from: () => Promise.resolve(0n), ...options }, signal)) {
    if (event.kind === 'entries') yield event.entries
  }
}
